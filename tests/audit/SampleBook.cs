using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Domain;
using Payments.Tests.Support;

namespace Payments.Tests.Audits;

/// <summary>
/// Books with payments of every fate, written by the state machine and two writers of the group commit: what an audit must find whole.
/// </summary>
public sealed class SampleBook(NpgsqlDataSource database)
{
    private static readonly GatewayCapabilities Gateway = new(TimeSpan.FromHours(24), true, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10));
    private static readonly string[] Currencies = ["EUR", "JPY", "KWD"];

    private readonly List<Commit> waiting = [];
    private readonly Dictionary<Guid, Payment> open = [];
    private readonly List<EvidenceId> evidence = [];
    private int received;
    private readonly SettableClock clock = new(default);
    private BatchWriter[] writers = [];
    private DateTimeOffset now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public string Merchant { get; } = Ids.Format(Ids.MerchantPrefix, new Guid(1, 2, 3, [4, 5, 6, 7, 8, 9, 10, 11]));

    /// <summary>The time at which the book is.</summary>
    public DateTimeOffset Now => now;

    /// <summary>What the processor did: id, kind, reference, amount, currency.</summary>
    public List<(long Id, string Kind, string Reference, long Amount, string Currency)> Effects { get; } = [];

    public async Task BeginAsync()
    {
        await ExecuteAsync(
            "INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, created_at) VALUES ($1, 'Sample', 'test', $2, 290, 30, now())",
            Merchant, new byte[32]);
        foreach (var account in OwnAccounts(Currencies))
        {
            await ExecuteAsync(
                "INSERT INTO accounts (id, merchant_id, currency, grows_by_debit) VALUES ($1, $2, $3, $4)",
                account.ToString(), Merchant, account.Currency.Code, ChartOfAccounts.GrowsByDebit(account));
        }

        await ExecuteAsync("INSERT INTO ledger_writers (node, started_at) VALUES ('a', now()), ('b', now())");
        var accounts = new AccountNumbers();
        writers = [new(database, accounts, clock, writer: 1), new(database, accounts, clock, writer: 2)];
    }

    /// <summary>Payments of every fate, numbered from <paramref name="first"/>, in batches of both writers.</summary>
    public async Task WriteAsync(int first, int count, int batchSize = 7)
    {
        for (var i = first; i < first + count; i++)
        {
            Write(i);
            if (i % 6 == 0)
            {
                WriteOwn(i);
            }

            // Not before there is something to pay out.
            if (i >= 24 && i % 4 == 0)
            {
                WritePayout(i);
            }

            if (waiting.Count >= batchSize)
            {
                await CommitAsync(i % 2);
            }
        }

        await CommitAsync(0);
    }

    /// <summary>Posts an entry that belongs to no payment.</summary>
    public async Task<CommitResult> PostAsync(Commit commit)
    {
        clock.Now = Tick();
        return (await writers[0].WriteAsync([commit]))[0];
    }

    /// <summary>Lets the charge of that reference, which is pending, be found to have succeeded: what evidence does.</summary>
    public async Task SettleAsync(string reference)
    {
        Ids.TryParse(Ids.OperationPrefix, reference, out var operation);
        var payment = open.Values.Single(one => one.Charge.Id == operation);
        Answer(payment, payment.Charge, GatewayAnswerKind.Approved);
        await CommitAsync(0);
    }

    // The whole life of one payment. What it comes to is in its number.
    private void Write(int i)
    {
        var payment = Do(null, new ChargeCommand
        {
            MerchantId = Merchant,
            PaymentId = PaymentId(i),
            Mode = Mode.Test,
            Amount = new(1000 + i, Currency.Of(Currencies[i % 3])),
            Fee = new(290, 30),
            Routes = i % 16 == 2 ? ["broken", "simulator"] : ["simulator"],
            PaymentMethod = "tok_approve",
            Fingerprint = "1",
            Now = Tick(),
            Gateway = Gateway,
            Retries = RetrySchedule.Default,
            Jitter = 0,
        });
        switch (i % 8)
        {
            case 0 when i % 16 == 8:
                Answer(payment, payment.Charge, GatewayAnswerKind.RequiresAction);
                break;
            case 0:
                open.Add(payment.Id, payment); // still processing
                break;
            case 1:
                Answer(payment, payment.Charge, GatewayAnswerKind.Declined);
                break;
            case 2 when i % 16 == 2:
                payment = Answer(payment, payment.Charge, GatewayAnswerKind.NotSent);
                payment = Do(payment, new WakeCommand { Now = Tick(), Gateway = Gateway, Retries = RetrySchedule.Default, Jitter = 0 });
                Answer(payment, payment.Charge, GatewayAnswerKind.Approved);
                break;
            case 2:
                Answer(payment, payment.Charge, GatewayAnswerKind.NotSent);
                break;
            case 3:
                payment = Answer(payment, payment.Charge, GatewayAnswerKind.Unknown);
                now += TimeSpan.FromMinutes(1);
                payment = Do(payment, new WakeCommand { Now = Tick(), Gateway = Gateway, Retries = RetrySchedule.Default, Jitter = 0 });
                Answer(payment, payment.Charge, GatewayAnswerKind.Approved);
                break;
            default:
                payment = Answer(payment, payment.Charge, GatewayAnswerKind.Approved);
                payment = i % 8 == 4 ? Dispute(payment, i / 8 % 4) : Refund(payment, 1, 300, i % 8 == 5 ? GatewayAnswerKind.Declined : GatewayAnswerKind.Approved);
                if (i % 8 == 6)
                {
                    payment = Refund(payment, 2, null, GatewayAnswerKind.Approved);
                    _ = i % 16 == 6 ? Hear(payment, Reversed(payment.Operations[^1])) : payment;
                }
                else if (i % 8 == 7)
                {
                    Refund(payment, 2, 200, null);
                }

                break;
        }
    }

    // An entry of the merchant's own in two currencies; every other one is taken back.
    private void WriteOwn(int i)
    {
        var accounts = OwnAccounts(["EUR", "JPY"]).ToArray();
        var entry = JournalEntries.Own(OwnId(i), Merchant, [new(accounts[0], i + 1), new(accounts[1], -i - 1), new(accounts[2], 7), new(accounts[3], -7)]);
        Post(entry, reverses: null);
        if (i % 12 == 0)
        {
            Post(JournalEntries.Reversed(OwnId(-i - 1), Merchant, entry.Postings), entry.Id);
        }
    }

    // Pending, sent, paid, not paid, come back, never sent.
    private void WritePayout(int i)
    {
        var payout = Do(null, PayoutCommands.Request(Merchant, $"payout-{i}", 1, Tick()) with { Bank = Gateway });
        GatewayAnswerKind[] answers = (i / 4 % 6) switch
        {
            0 => [],
            1 => [GatewayAnswerKind.Pending],
            2 => [GatewayAnswerKind.Approved],
            3 => [GatewayAnswerKind.Declined],
            4 => [GatewayAnswerKind.Approved, GatewayAnswerKind.Reversed],
            _ => [GatewayAnswerKind.NotSent],
        };
        foreach (var answer in answers)
        {
            payout = Do(payout, PayoutCommands.Answer(answer, Tick()) with { Bank = Gateway, Retries = RetrySchedule.Default with { MaxUnsentAttempts = 1 } });
        }

        if (payout.Outcome == Outcome.Done)
        {
            Effects.Add((Effects.Count + 1, "transfer", Ids.Format(Ids.PayoutPrefix, payout.Id), payout.Amount, "EUR"));
        }
    }

    private Payout Do(Payout? payout, PayoutCommand command)
    {
        var accepted = (PayoutDecision.Accept)PayoutStateMachine.Decide(payout, command);
        waiting.Add(accepted.ToCommit(ruling: null));
        return accepted.Next;
    }

    private void Post(JournalEntry entry, Guid? reverses) => waiting.Add(new()
    {
        At = Tick(),
        Payment = null,
        Operation = null,
        Action = entry.Kind.Name(),
        Events = [],
        Entry = entry.ToRow() with { Own = new("v1", "Vouchers sold", null, reverses) },
    });

    private IEnumerable<AccountId> OwnAccounts(string[] currencies) => currencies.SelectMany(currency => new AccountId[]
    {
        new($"merchant:{Merchant}:assets:till", Currency.Of(currency)), new($"merchant:{Merchant}:liabilities:vouchers", Currency.Of(currency)),
    });

    private static Guid OwnId(int i) => Ids.OwnEntry(new byte[32], Mode.Test, $"own-{i}");

    /// <summary>The id of a payment by its number.</summary>
    public static Guid PaymentId(int i) => Ids.Payment(new byte[32], Mode.Test, $"key-{i}");

    private Payment Refund(Payment payment, int number, long? amount, GatewayAnswerKind? answer)
    {
        payment = Do(payment, new RefundCommand
        {
            OperationId = Ids.Refund(new byte[32], Mode.Test, payment.Id, $"refund-{number}"),
            Amount = amount,
            Fingerprint = "1",
            Now = Tick(),
            Gateway = Gateway,
            Retries = RetrySchedule.Default,
            Jitter = 0,
        });
        return answer is { } kind ? Answer(payment, payment.Operations[^1], kind) : payment;
    }

    // None, open, won, lost.
    private Payment Dispute(Payment payment, int fate)
    {
        foreach (var notice in new[] { OperationKind.Dispute, fate == 2 ? OperationKind.DisputeWon : OperationKind.DisputeLost }.Take(Math.Min(fate, 2)))
        {
            payment = Hear(payment, new NoticeCommand
            {
                Notice = notice,
                From = "simulator",
                About = payment.Charge.Id,
                DisputeReference = "dp_1",
                Amount = new(payment.Captured / 2, payment.Currency),
                Fee = 15,
                Kept = 5,
                Code = "fraudulent",
                Now = Tick(),
                Gateway = Gateway,
                Retries = RetrySchedule.Default,
                Jitter = 0,
            });
        }

        return payment;
    }

    private AnswerCommand Reversed(Operation refund) => new()
    {
        Source = EvidenceSource.Webhook,
        OperationId = refund.Id,
        Attempt = 0,
        From = "simulator",
        Answer = new(GatewayAnswerKind.Reversed, "ext", "account_closed"),
        Now = Tick(),
        Gateway = Gateway,
        Retries = RetrySchedule.Default,
        Jitter = 0,
    };

    // What a webhook brings: it is in the inbox before anything follows from it.
    private Payment Hear(Payment payment, PaymentCommand command)
    {
        var id = new EvidenceId("simulator", $"evt_{evidence.Count}");
        evidence.Add(id);
        payment = Do(payment, command);
        waiting[^1] = waiting[^1] with { Evidence = id };
        return payment;
    }

    private Payment Answer(Payment payment, Operation operation, GatewayAnswerKind kind)
    {
        if (kind == GatewayAnswerKind.Approved)
        {
            Effects.Add((Effects.Count + 1, operation.Kind.Name(), Ids.ProcessorReference(operation.Id), operation.Amount, payment.Currency.Code));
        }

        return Do(payment, new AnswerCommand
        {
            OperationId = operation.Id,
            Attempt = operation.Attempt,
            From = payment.Gateway,
            Answer = new(kind, "ext", kind == GatewayAnswerKind.Declined ? "insufficient_funds" : null),
            Now = Tick(),
            Gateway = Gateway,
            Retries = RetrySchedule.Default with { MaxUnsentAttempts = 1 },
            Jitter = 0,
        });
    }

    private Payment Do(Payment? payment, PaymentCommand command)
    {
        var accepted = (Decision.Accept)PaymentStateMachine.Decide(payment, command);
        waiting.Add(accepted.ToCommit());
        return accepted.Next;
    }

    private DateTimeOffset Tick() => now += TimeSpan.FromMilliseconds(3);

    // A batch holds one commit of a payment: the first of each goes into the first batch, the second into the next, and so on.
    private async Task CommitAsync(int writer)
    {
        var inbox = new Inbox(database);
        for (; received < evidence.Count; received++)
        {
            await inbox.ReceiveAsync(new(evidence[received], Tick(), new() { Kind = "approved", Gateway = "simulator" }), new byte[] { 1, 2, 3 }, CancellationToken.None);
        }

        while (waiting.Count > 0)
        {
            var batch = waiting.DistinctBy(commit => commit.Payment?.Id ?? commit.Payout?.Id ?? commit.Entry!.Id).ToArray();
            waiting.RemoveAll(batch.Contains);
            clock.Now = Tick();
            var results = await writers[writer].WriteAsync(batch);
            Assert.All(results, result => Assert.Equal(CommitVerdict.Committed, result.Verdict));
        }
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }
}
