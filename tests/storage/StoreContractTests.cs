using System.Collections.Immutable;
using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Storage;

/// <summary>What every store must do. The suite knows only <see cref="IPaymentStore"/>; a simulated store runs it too.</summary>
public abstract class StoreContractTests : IAsyncLifetime
{
    protected const string Merchant = "mer_00000000000000000000000001";
    protected static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    protected IPaymentStore Store { get; private set; } = null!;

    public async Task InitializeAsync() => Store = await OpenAsync();

    public abstract Task DisposeAsync();

    [Fact]
    public async Task What_was_committed_is_loaded_as_it_was_committed()
    {
        var payment = await CommitAsync(null, Charge(1) with { Reference = "order 1", Description = "two shoes" });
        Assert.Equivalent(payment, await LoadAsync(payment.Id), strict: true);
        payment = await CommitAsync(payment, Answer(payment, GatewayAnswerKind.Approved));
        payment = await CommitAsync(payment, Refund(1, 400));
        Assert.Equivalent(payment, await LoadAsync(payment.Id), strict: true);
        payment = await CommitAsync(payment, Answer(payment, GatewayAnswerKind.Approved, payment.Operations[1]));
        Assert.Equivalent(payment, await LoadAsync(payment.Id), strict: true);
        Assert.Null(payment.NextActionAt);
    }

    [Fact]
    public async Task Of_many_who_make_the_same_payment_at_once_exactly_one_does()
    {
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Store.CommitAsync(Decide(null, Charge(1)).ToCommit())));
        Assert.Single(verdicts, result => result.Verdict == CommitVerdict.Committed);
        Assert.Equal(99, verdicts.Count(result => result.Verdict == CommitVerdict.StaleVersion));
    }

    [Fact]
    public async Task Of_many_who_claim_the_same_attempt_at_once_exactly_one_does()
    {
        var payment = await CommitAsync(null, Charge(1));
        var claim = Decide(payment, Wake(TimeSpan.FromMinutes(1))).ToCommit();
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Store.CommitAsync(claim)));
        Assert.Single(verdicts, result => result.Verdict == CommitVerdict.Committed);
    }

    [Fact]
    public async Task A_stale_version_is_refused_and_writes_nothing()
    {
        var payment = await CommitAsync(null, Charge(1));
        var answered = await CommitAsync(payment, Answer(payment, GatewayAnswerKind.Approved));
        Assert.Equal(CommitVerdict.StaleVersion, await VerdictAsync(payment, Answer(payment, GatewayAnswerKind.Declined)));
        Assert.Equivalent(answered, await LoadAsync(payment.Id), strict: true);
        Assert.Equal(-941, (await BalanceAsync(Balance))!.Balance); // 1000 less the fee of 29 + 30
    }

    [Fact]
    public async Task A_payment_and_its_entry_are_one_commit()
    {
        var payment = await CommitAsync(null, Charge(1));
        Assert.Null(await BalanceAsync(Balance));
        await CommitAsync(payment, Answer(payment, GatewayAnswerKind.Approved));
        Assert.Equal((1000, 1), ((await BalanceAsync("gateway:simulator:receivable:EUR"))!.Balance, (await BalanceAsync(Balance))!.Seq));
    }

    [Fact]
    public async Task An_entry_without_a_payment_is_posted_once()
    {
        var commit = Entry(1, 500);
        Assert.Equal(CommitVerdict.Committed, (await Store.CommitAsync(commit)).Verdict);
        Assert.Equal(CommitVerdict.DuplicateEntry, (await Store.CommitAsync(commit)).Verdict);
        var verdicts = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Store.CommitAsync(Entry(2, 500))));
        Assert.Single(verdicts, result => result.Verdict == CommitVerdict.Committed);
        Assert.Equal(1000, (await BalanceAsync("suspense:EUR"))!.Balance * -1);
    }

    [Fact]
    public async Task A_bad_commit_fails_alone_and_never_its_neighbours()
    {
        var unbalanced = Entry(1, 500);
        unbalanced = unbalanced with { Entry = unbalanced.Entry! with { Postings = unbalanced.Entry.Postings.SetItem(0, new("suspense:EUR", -499)) } };
        var homeless = Entry(2, 500) with { Entry = Entry(2, 500).Entry! with { Postings = [new("merchant:mer_0000000000000000000000000z:balance:EUR", 5), new("suspense:EUR", -5)] } };
        var commits = Enumerable.Range(10, 60).Select(i => Entry(i, 1)).ToList();
        commits.Insert(7, unbalanced);
        commits.Insert(40, homeless);
        var results = await Task.WhenAll(commits.Select(Store.CommitAsync));
        Assert.Equal(CommitVerdict.Rejected, results[7].Verdict);
        Assert.Equal(CommitVerdict.Rejected, results[40].Verdict);
        Assert.Equal(60, results.Count(result => result.Verdict == CommitVerdict.Committed));
        Assert.Equal(-60, (await BalanceAsync("suspense:EUR"))!.Balance);
    }

    [Fact]
    public async Task A_limit_holds_under_any_concurrency_and_never_refuses_evidence()
    {
        await Store.CommitAsync(Entry(1, 1000, toMerchant: true));
        await SetMinimumAsync(Balance, 100);
        var results = await Task.WhenAll(Enumerable.Range(10, 50).Select(i => Store.CommitAsync(Entry(i, -100, toMerchant: true, isRequest: true))));
        Assert.Equal(9, results.Count(result => result.Verdict == CommitVerdict.Committed));
        Assert.Equal(41, results.Count(result => result == new CommitResult(CommitVerdict.LimitExceeded, Balance)));
        Assert.Equal(-100, (await BalanceAsync(Balance))!.Balance);
        Assert.Equal(CommitVerdict.Committed, (await Store.CommitAsync(Entry(99, -500, toMerchant: true))).Verdict);
        Assert.Equal(400, (await BalanceAsync(Balance))!.Balance);
    }

    [Fact]
    public async Task A_balance_that_would_leave_its_range_is_refused()
    {
        Assert.Equal(CommitVerdict.Committed, (await Store.CommitAsync(Entry(1, long.MaxValue - 5))).Verdict);
        Assert.Equal(CommitVerdict.BalanceOutOfRange, (await Store.CommitAsync(Entry(2, 6))).Verdict);
        Assert.Equal(CommitVerdict.Committed, (await Store.CommitAsync(Entry(3, 5))).Verdict);
    }

    [Fact]
    public async Task A_payment_of_nobodys_is_refused()
    {
        var command = Charge(1) with { MerchantId = "mer_0000000000000000000000000z" };
        Assert.Equal(CommitVerdict.Rejected, await VerdictAsync(null, command));
        Assert.Null(await Store.LoadAsync(command.MerchantId, command.PaymentId, CancellationToken.None));
    }

    [Fact]
    public async Task A_payment_under_another_fee_than_its_merchants_is_stale()
    {
        var command = Charge(1) with { Fee = new(291, 30) };
        Assert.Equal(CommitVerdict.StaleVersion, await VerdictAsync(null, command));
        Assert.Null(await Store.LoadAsync(command.MerchantId, command.PaymentId, CancellationToken.None));
    }

    [Fact]
    public async Task Another_merchants_payment_is_absent()
    {
        var payment = await CommitAsync(null, Charge(1));
        Assert.Null(await Store.LoadAsync("mer_00000000000000000000000002", payment.Id, CancellationToken.None));
        Assert.Null(await Store.MerchantAsync("mer_00000000000000000000000002", CancellationToken.None));
        Assert.Equal(290, (await Store.MerchantAsync(Merchant, CancellationToken.None))!.FeeBasisPoints);
    }

    [Fact]
    public async Task Due_payments_come_in_pages_longest_overdue_first_each_in_one_shard()
    {
        for (var i = 0; i < 25; i++)
        {
            await CommitAsync(null, Charge(i) with { Now = Start + TimeSpan.FromSeconds(i % 5) });
        }

        var final = await CommitAsync(null, Charge(100));
        await CommitAsync(final, Answer(final, GatewayAnswerKind.Declined));
        var all = new List<DuePayment>();
        for (var shard = 0; shard < 3; shard++)
        {
            DuePayment? last = null;
            while (await Store.DueAsync(Start + TimeSpan.FromHours(1), shard, 3, last, 4, CancellationToken.None) is { Count: > 0 } page)
            {
                Assert.Equal(page.OrderBy(due => due.NextActionAt), page);
                all.AddRange(page);
                last = page[^1];
            }
        }

        Assert.Equal(25, all.Select(due => due.PaymentId).Distinct().Count());
        Assert.Equal(25, all.Count);
        Assert.Empty(await Store.DueAsync(Start + TimeSpan.FromSeconds(14), 0, 1, null, 100, CancellationToken.None));
    }

    protected abstract Task<IPaymentStore> OpenAsync();

    /// <summary>Sets what a requested decrease of an account must leave, as its owner reads the balance.</summary>
    protected abstract Task SetMinimumAsync(string accountId, long minimum);

    protected static string Balance => $"merchant:{Merchant}:balance:EUR";

    protected static ChargeCommand Charge(int number, long amount = 1000) => Domain.StateMachineTable.Charge(amount) with
    {
        MerchantId = Merchant,
        PaymentId = new Guid(number, 1, 1, [1, 2, 3, 4, 5, 6, 7, (byte)number]),
    };

    protected static RefundCommand Refund(int number, long amount) => Domain.StateMachineTable.Refund(amount) with { OperationId = new Guid(number, 2, 2, new byte[8]) };

    protected static WakeCommand Wake(TimeSpan later) => Domain.StateMachineTable.Wake(later);

    protected static AnswerCommand Answer(Payment payment, GatewayAnswerKind kind, Operation? operation = null) =>
        Domain.StateMachineTable.Answer(kind, (operation ?? payment.Charge).Attempt) with { OperationId = (operation ?? payment.Charge).Id };

    /// <summary>Moves an amount between a merchant's balance, or the platform's fees, and suspense.</summary>
    protected static Commit Entry(int number, long amount, bool toMerchant = false, bool isRequest = false) => new()
    {
        At = Start,
        Payment = null,
        Operation = null,
        Action = "test",
        Events = [],
        Entry = new()
        {
            Id = new Guid(number, 3, 3, new byte[8]),
            Kind = "test",
            IsRequest = isRequest,
            MerchantId = Merchant,
            PaymentId = null,
            OperationId = null,
            Postings = toMerchant
                ? ImmutableArray.Create<PostingRow>(new("suspense:EUR", amount), new(Balance, -amount))
                : [new("suspense:EUR", -amount), new("platform:test_fees:EUR", amount)],
        },
    };

    protected static Decision.Accept Decide(Payment? payment, PaymentCommand command) => (Decision.Accept)PaymentStateMachine.Decide(payment, command);

    protected async Task<Payment> CommitAsync(Payment? payment, PaymentCommand command)
    {
        var decision = Decide(payment, command);
        Assert.Equal(new CommitResult(CommitVerdict.Committed), await Store.CommitAsync(decision.ToCommit()));
        return decision.Next;
    }

    protected async Task<CommitVerdict> VerdictAsync(Payment? payment, PaymentCommand command) =>
        (await Store.CommitAsync(Decide(payment, command).ToCommit())).Verdict;

    protected Task<Payment?> LoadAsync(Guid id) => Store.LoadAsync(Merchant, id, CancellationToken.None);

    private Task<AccountRow?> BalanceAsync(string account) => Store.AccountAsync(account, CancellationToken.None);
}
