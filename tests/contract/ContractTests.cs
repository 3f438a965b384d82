using Payments.Domain;
using Payments.Grains;
using Payments.Storage.Postgres;
using Payments.Tests.Grains;

namespace Payments.Tests.Contract;

public sealed class HttpContractTests : ContractTests
{
    private protected override async Task<IDoor> OpenAsync(GrainCluster cluster) => await HttpDoor.OpenAsync(cluster);
}

public sealed class GrainContractTests : ContractTests
{
    private protected override Task<IDoor> OpenAsync(GrainCluster cluster) => Task.FromResult<IDoor>(new GrainDoor(cluster));
}

/// <summary>One contract, whichever door is taken: over HTTP or by calling grains, with nodes and database that are real.</summary>
public abstract class ContractTests : IAsyncLifetime
{
    private static readonly ChargeRequest Order = new() { Amount = 1000, Currency = "EUR", PaymentMethod = "tok_approve" };
    private static readonly ChargeRequest Hold = Order with { Capture = "manual" };
    private readonly string state = Directory.CreateTempSubdirectory("contract").FullName;
    private GrainCluster cluster = null!;
    private IDoor door = null!;

    public async Task InitializeAsync()
    {
        cluster = await GrainCluster.StartAsync(nodes: 1);
        door = await OpenAsync(cluster);
    }

    public async Task DisposeAsync()
    {
        await using var source = cluster.Database.Open();
        var report = await Audit.RunAsync(new() { Database = source, StateDirectory = state });
        Directory.Delete(state, recursive: true);
        await source.DisposeAsync();
        await door.DisposeAsync();
        Assert.Empty(report.Breaches);
    }

    private protected abstract Task<IDoor> OpenAsync(GrainCluster cluster);

    [Fact]
    public async Task A_charge_happens_once_for_its_key_and_shows_what_was_kept_with_it()
    {
        var order = Order with { Customer = "customer-7", Metadata = Payments.Domain.Metadata.Empty.Add("note", "blue") };
        var paid = new PaymentSeen("succeeded", "done", Captured: 1000, Capturable: 0, Refunded: 0, Fee: 59, "customer-7", "blue");
        Assert.Equal(new("accepted", paid), await door.ChargeAsync("a", order));
        Assert.Equal(new("replayed", paid), await door.ChargeAsync("a", order));
        Assert.Equal("idempotency_key_reused", (await door.ChargeAsync("a", order with { Customer = "customer-8" })).Answer);
        Assert.Equal(paid, (await door.GetAsync("a")).Payment);
        Assert.Equal(1, cluster.Gateway.Sends);
    }

    [Fact]
    public async Task A_decline_is_a_result()
    {
        cluster.Gateway.OnSend = _ => Task.FromResult(new GatewayAnswer(GatewayAnswerKind.Declined, "proc_1", "insufficient_funds"));
        Assert.Equal(new("declined", "declined", 0, 0, 0, 0, null, null), (await door.ChargeAsync("a", Order)).Payment);
        Assert.Equal("payment_not_refundable", (await door.RefundAsync("a", "r")).Answer);
        Assert.Equal("payment_not_capturable", (await door.CaptureAsync("a", "c")).Answer);
    }

    [Fact]
    public async Task An_authorization_is_captured_in_parts_and_refunded_in_parts()
    {
        Assert.Equal(("authorized", 1000), Status(await door.ChargeAsync("a", Hold)));
        var part = await door.CaptureAsync("a", "c1", 300, isFinal: false);
        Assert.Equal(new("succeeded", "done", 300), part.Operation);
        Assert.Equal(("authorized", 700), Status(part));
        Assert.Equal("capture_exceeds_authorization", (await door.CaptureAsync("a", "c2", 701)).Answer);
        Assert.Equal(("succeeded", 0), Status(await door.CaptureAsync("a", "c3", 600)));
        Assert.Equal("replayed", (await door.CaptureAsync("a", "c3", 600)).Answer);
        Assert.Equal("payment_not_capturable", (await door.CaptureAsync("a", "c4")).Answer);
        Assert.Equal("payment_not_cancelable", (await door.CancelAsync("a", "x")).Answer);

        Assert.Equal(200, (await door.RefundAsync("a", "r1", 200)).Payment!.Refunded);
        Assert.Equal("refund_exceeds_payment", (await door.RefundAsync("a", "r2", 701)).Answer);
        Assert.Equal(900, (await door.RefundAsync("a", "r3")).Payment!.Refunded);
    }

    [Fact]
    public async Task A_canceled_authorization_takes_nothing_more()
    {
        await door.ChargeAsync("a", Hold);
        Assert.Equal("canceled", (await door.CancelAsync("a", "x")).Payment!.Status);
        Assert.Equal("replayed", (await door.CancelAsync("a", "x")).Answer);
        Assert.Equal("payment_not_capturable", (await door.CaptureAsync("a", "c")).Answer);
        Assert.Equal("payment_not_refundable", (await door.RefundAsync("a", "r")).Answer);
    }

    [Fact]
    public async Task One_key_means_another_thing_at_each_endpoint_and_in_each_payment()
    {
        Assert.Equal("accepted", (await door.ChargeAsync("a", Hold)).Answer);
        Assert.Equal("accepted", (await door.CaptureAsync("a", "a", 500, isFinal: false)).Answer);
        Assert.Equal("accepted", (await door.RefundAsync("a", "a", 100)).Answer);
        Assert.Equal("accepted", (await door.CancelAsync("a", "a")).Answer);
        Assert.Equal("accepted", (await door.ChargeAsync("b", Hold)).Answer);
        Assert.Equal("accepted", (await door.CaptureAsync("b", "a", 500)).Answer);
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        Assert.Equal("payment_not_found", (await door.GetAsync("a")).Answer);
        Assert.Equal("payment_not_found", (await door.CaptureAsync("a", "c")).Answer);
        Assert.Equal("payment_not_found", (await door.CancelAsync("a", "x")).Answer);
        Assert.Equal("payment_not_found", (await door.RefundAsync("a", "r")).Answer);
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "amount 0", "amount" }, { "amount -1", "amount" }, { "amount 1000000000001", "amount" }, { "currency eur", "currency" }, { "currency XXX", "currency" },
        { "payment_method a b", "payment_method" }, { "capture later", "capture" }, { "statement_descriptor 1234567", "statement_descriptor" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public async Task A_wrong_field_is_named_and_nothing_is_stored(string change, string field)
    {
        var value = change[(change.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        var wrong = field switch
        {
            "amount" => Order with { Amount = long.Parse(value) },
            "currency" => Order with { Currency = value },
            "payment_method" => Order with { PaymentMethod = value },
            "capture" => Order with { Capture = value },
            _ => Order with { StatementDescriptor = value },
        };
        Assert.Equal(new("field_invalid", Field: field), await door.ChargeAsync("a", wrong));
        Assert.Equal("payment_not_found", (await door.GetAsync("a")).Answer);
        Assert.Equal("accepted", (await door.ChargeAsync("a", Order)).Answer);
    }

    [Fact]
    public async Task An_own_entry_is_posted_once_in_any_number_of_currencies()
    {
        await OpenAsync("assets:till:EUR", "liabilities:vouchers:EUR", "assets:till:JPY", "liabilities:vouchers:JPY");
        var entry = Entry(("assets:till:EUR", 500), ("liabilities:vouchers:EUR", -500), ("assets:till:JPY", 7), ("liabilities:vouchers:JPY", -7));
        Assert.Equal("accepted", (await door.PostAsync("e", entry)).Answer);
        Assert.Equal("replayed", (await door.PostAsync("e", entry)).Answer);
        Assert.Equal("idempotency_key_reused", (await door.PostAsync("e", entry with { Description = "other" })).Answer);
        Assert.Equal((500, 500, 7), (await BalanceAsync("assets:till:EUR"), await BalanceAsync("liabilities:vouchers:EUR"), await BalanceAsync("assets:till:JPY")));
    }

    [Fact]
    public async Task An_entry_is_taken_back_once_and_a_reversal_never()
    {
        await OpenAsync("assets:till:EUR", "liabilities:vouchers:EUR");
        await door.PostAsync("e", Entry(("assets:till:EUR", 500), ("liabilities:vouchers:EUR", -500)));
        Assert.Equal("accepted", (await door.ReverseAsync("e", "r")).Answer);
        Assert.Equal("replayed", (await door.ReverseAsync("e", "r")).Answer);
        Assert.Equal("entry_reversed", (await door.ReverseAsync("e", "r2")).Answer);
        Assert.Equal("entry_not_found", (await door.ReverseAsync("absent", "r")).Answer);
        Assert.Equal(0, await BalanceAsync("assets:till:EUR"));

        await door.PostAsync("f", Entry(("assets:till:EUR", 1), ("liabilities:vouchers:EUR", -1)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => door.ReverseAsync("f", $"r{i}")));
        Assert.Single(answers, answer => answer.Answer == "accepted");
        Assert.Equal(19, answers.Count(answer => answer.Answer == "entry_reversed"));
    }

    [Fact]
    public async Task Fifty_at_once_never_take_an_account_below_its_minimum()
    {
        await OpenAsync("assets:bank:EUR");
        Assert.True(await door.OpenAsync(Own("assets:till:EUR"), 100));
        await door.PostAsync("float", Entry(("assets:till:EUR", 1100), ("assets:bank:EUR", -1100)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => door.PostAsync($"out {i}", Entry(("assets:till:EUR", -100), ("assets:bank:EUR", 100)))));
        Assert.Equal((10, 40), (answers.Count(answer => answer.Answer == "accepted"), answers.Count(answer => answer.Answer == "balance_insufficient")));
        Assert.Equal(100, await BalanceAsync("assets:till:EUR"));
        Assert.True(await door.OpenAsync(Own("assets:till:EUR")));
        Assert.Equal("accepted", (await door.PostAsync("out", Entry(("assets:till:EUR", -101), ("assets:bank:EUR", 101)))).Answer);
    }

    [Fact]
    public async Task A_minimum_is_held_against_what_an_entry_does_in_all()
    {
        await OpenAsync("assets:bank:EUR");
        Assert.True(await door.OpenAsync(Own("assets:till:EUR"), 0));
        Assert.Equal("accepted", (await door.PostAsync("a", Entry(("assets:till:EUR", -5), ("assets:till:EUR", 7), ("assets:bank:EUR", -2)))).Answer);
        Assert.Equal("balance_insufficient", (await door.PostAsync("b", Entry(("assets:till:EUR", 5), ("assets:till:EUR", -8), ("assets:bank:EUR", 3)))).Answer);
        Assert.Equal(2, await BalanceAsync("assets:till:EUR"));
    }

    [Fact]
    public async Task Only_open_accounts_of_ones_own_are_posted_to()
    {
        await OpenAsync("assets:till:EUR");
        foreach (var account in new[] { Own("assets:absent:EUR"), "merchant:mer_00000000000000000000000002:assets:till:EUR", Own("balance:EUR"), "platform:fees:EUR" })
        {
            var entry = new EntryRequest { Postings = [new(Own("assets:till:EUR"), 5), new(account, -5)] };
            Assert.Equal("account_not_found", (await door.PostAsync(account, entry)).Answer);
        }

        Assert.False(await door.OpenAsync(Own("balance:EUR")));
        Assert.False(await door.OpenAsync(Own("assets:Till:EUR")));
        Assert.False(await door.OpenAsync(Own("assets:till:XXX")));
        Assert.False(await door.OpenAsync("merchant:mer_00000000000000000000000002:assets:till:EUR"));
        Assert.Equal(0, await BalanceAsync("assets:till:EUR"));
    }

    [Fact]
    public async Task An_entry_that_is_none_is_refused_by_name()
    {
        await OpenAsync("assets:till:EUR", "assets:bank:EUR", "assets:till:JPY");
        Assert.Equal(new("field_invalid", "postings"), await door.PostAsync("e", Entry(("assets:till:EUR", 5), ("assets:bank:EUR", -4))));
        Assert.Equal(new("field_invalid", "postings"), await door.PostAsync("e", Entry(("assets:till:EUR", 5), ("assets:till:JPY", -5))));
        Assert.Equal(new("field_invalid", "postings"), await door.PostAsync("e", Entry(("assets:till:EUR", 5))));
        Assert.Equal(new("field_invalid", "postings[1].amount"), await door.PostAsync("e", Entry(("assets:till:EUR", 5), ("assets:bank:EUR", 0))));
        Assert.Equal(new("field_invalid", "postings[0].amount"), await door.PostAsync("e", Entry(("assets:till:EUR", Money.MaxOperation + 1), ("assets:bank:EUR", 1))));
        Assert.Equal(new("field_invalid", "postings[1].account"), await door.PostAsync("e", new() { Postings = [new(Own("assets:till:EUR"), 5), new("till", -5)] }));
        Assert.Equal("accepted", (await door.PostAsync("e", Entry(("assets:till:EUR", 5), ("assets:bank:EUR", -5)))).Answer);
    }

    private static (string, long) Status(Seen seen) => (seen.Payment!.Status, seen.Payment.Capturable);

    private string Own(string rest) => $"merchant:{door.Merchant}:{rest}";

    private async Task OpenAsync(params string[] accounts)
    {
        foreach (var account in accounts)
        {
            Assert.True(await door.OpenAsync(Own(account)));
        }
    }

    private Task<long> BalanceAsync(string rest) => door.BalanceAsync(Own(rest));

    private EntryRequest Entry(params (string Account, long Amount)[] postings) =>
        new() { Postings = [.. postings.Select(posting => new PostingRequest(Own(posting.Account), posting.Amount))] };
}
