using System.Text;
using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;

namespace Payments.Tools.Months;

/// <summary>A clock that a month is played by: it stands where it was put, and never goes back. Timers run on real time.</summary>
internal sealed class MonthClock(DateTimeOffset start) : TimeProvider
{
    private long ticks = start.UtcTicks;

    public void MoveTo(DateTimeOffset at)
    {
        for (var now = Volatile.Read(ref ticks); now < at.UtcTicks; now = Volatile.Read(ref ticks))
        {
            Interlocked.CompareExchange(ref ticks, at.UtcTicks, now);
        }
    }

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref ticks), TimeSpan.Zero);
}

/// <summary>
/// A month of payments, made by the state machine and the group commit as the grains make them, from one seed; and what the processor writes about it. The processor
/// itself is not called: what it would have answered is in the seed.
/// </summary>
internal sealed class MonthBooks(NpgsqlDataSource database, GroupCommitter committer, MonthClock clock, ProcessorFile file, Month month, int payments, int seed)
{
    public const string Gateway = "card";

    private const int EachMistake = 3;
    private const int AtOnce = 256;
    private const long DisputeFee = 1500;

    private static readonly BreakKind[] Mistakes =
    [
        BreakKind.AmountDiffers, BreakKind.CurrencyDiffers, BreakKind.FeeDiffers, BreakKind.Duplicate, BreakKind.WrongPeriod, BreakKind.MissingAtProcessor, BreakKind.MissingAtUs,
        BreakKind.UnknownType,
    ];

    private static readonly GatewayCapabilities Promise = new(TimeSpan.FromHours(24), true, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(10));
    private static readonly RetrySchedule Retries = RetrySchedule.Default;

    private readonly ProcessorFile file = file;
    private readonly Month month = month;
    private readonly int payments = payments;
    private readonly int seed = seed;
    private readonly List<string> merchants = [];
    private readonly List<Payment> unknown = [];
    private readonly Inbox inbox = new(database);

    /// <summary>How many payments are of unknown outcome here, though the processor made them.</summary>
    public int Unknown => unknown.Count;

    /// <summary>Makes the month.</summary>
    /// <param name="told">Hears how many payments are made.</param>
    public async Task WriteAsync(Action<int> told, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        for (var i = 0; i < 5; i++)
        {
            merchants.Add(Ids.Format(Ids.MerchantPrefix, new Guid(i + 1, 0, 0, new byte[8])));
            await using var command = database.CreateCommand(
                "INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, created_at) VALUES ($1, $2, 'test', $3, 290, 30, $4)");
            foreach (var value in new object[] { merchants[i], $"Merchant {i + 1}", new byte[32], month.Start })
            {
                command.Parameters.Add(new() { Value = value });
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var mistakes = Enumerable.Range(0, EachMistake * Mistakes.Length)
            .ToDictionary(n => (int)((n + 1L) * payments / (EachMistake * Mistakes.Length + 2)), n => Mistakes[n % Mistakes.Length]);
        var done = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, payments).Select(number => (number, seed: random.Next())), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (one, _) =>
            {
                await new Life(this, one.number, new Random(one.seed), mistakes.TryGetValue(one.number, out var mistake) ? mistake : null).RunAsync();
                told(Interlocked.Increment(ref done));
            });
    }

    /// <summary>What reconciliation gave as evidence reaches its payments: what nodes do by themselves.</summary>
    public async Task HearAsync(CancellationToken cancellationToken)
    {
        var open = unknown.ToDictionary(payment => payment.Charge.Id);
        foreach (var id in await EvidenceAsync(cancellationToken))
        {
            var news = (await inbox.FindAsync(id, cancellationToken))!.News;
            if (open.TryGetValue(news.OperationId!.Value, out var payment))
            {
                await DoAsync(payment, Answer(payment, payment.Charge, new(GatewayAnswerKind.Approved, news.Reference), clock.Now()) with { Source = EvidenceSource.Webhook, Attempt = 0 }, id);
            }
        }
    }

    private async Task<List<EvidenceId>> EvidenceAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT source, event_id FROM inbox WHERE state = 'received' ORDER BY event_id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var ids = new List<EvidenceId>();
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(new(reader.GetString(0), reader.GetString(1)));
        }

        return ids;
    }

    private static AnswerCommand Answer(Payment payment, Operation operation, GatewayAnswer answer, DateTimeOffset at) => new()
    {
        OperationId = operation.Id,
        Attempt = operation.Attempt,
        From = payment.Gateway,
        Answer = answer,
        Now = at,
        Gateway = Promise,
        Retries = Retries,
        Jitter = 0,
    };

    // What the processor tells by itself is in the inbox before anything follows from it.
    private async Task<Payment> ToldAsync(Payment payment, PaymentCommand command, string eventId)
    {
        var id = new EvidenceId(Gateway, eventId);
        await inbox.ReceiveAsync(
            new(id, command.Now, new() { Kind = command is NoticeCommand notice ? notice.Notice.Name() : GatewayAnswerKind.Reversed.Name(), Gateway = Gateway }),
            Encoding.UTF8.GetBytes(eventId), CancellationToken.None);
        return await DoAsync(payment, command, id);
    }

    private async Task<Payment> DoAsync(Payment? payment, PaymentCommand command, EvidenceId? evidence = null)
    {
        var accepted = (Decision.Accept)PaymentStateMachine.Decide(payment, command);
        clock.MoveTo(command.Now);
        var result = await committer.CommitAsync(accepted.ToCommit() with { Evidence = evidence });
        return result.Verdict == CommitVerdict.Committed
            ? accepted.Next
            : throw new UnusableException($"The database answers {result.Verdict} {result.Detail}: run it again.");
    }

    /// <summary>One payment from its first claim on. What becomes of it is in its dice.</summary>
    private sealed class Life(MonthBooks books, int number, Random dice, BreakKind? mistake)
    {
        private DateTimeOffset now = Clock.Cut(books.month.Start + (books.month.End - books.month.Start) * ((number + 0.5) / books.payments));

        private DateTimeOffset Tick => now = Min(now + TimeSpan.FromMilliseconds(400), books.month.End);

        public async Task RunAsync()
        {
            var fate = mistake is null ? dice.NextDouble() : 1;
            var currency = Currency.Of(dice.Next(20) switch { < 10 => "EUR", < 15 => "USD", < 18 => "GBP", _ => "JPY" });
            var amount = new Money(300 + (long)(Math.Pow(dice.NextDouble(), 3) * 40_000), currency);
            var payment = await books.DoAsync(null, new ChargeCommand
            {
                MerchantId = books.merchants[dice.Next(books.merchants.Count)],
                PaymentId = Ids.Payment(new byte[32], Mode.Test, $"month-{books.seed}-{number}"),
                Mode = Mode.Test,
                Amount = amount,
                Fee = new(290, 30),
                Routes = [Gateway],
                PaymentMethod = "tok_approve",
                Fingerprint = "1",
                Now = Tick,
                Gateway = Promise,
                Retries = Retries,
                Jitter = 0,
            });
            var reference = Ids.ProcessorReference(payment.Charge.Id);
            if (fate < 0.04)
            {
                await books.DoAsync(payment, Answer(payment, payment.Charge, new(GatewayAnswerKind.Declined, null, "insufficient_funds"), Tick));
                return;
            }

            if (fate < 0.042)
            {
                // The answer was lost, and the processor made it: its file will tell.
                lock (books.unknown)
                {
                    books.unknown.Add(payment);
                }

                books.file.Charge(reference, amount, now, null);
                return;
            }

            payment = await books.DoAsync(payment, Answer(payment, payment.Charge, new(GatewayAnswerKind.Approved, $"ch_{number}"), Tick));
            books.file.Charge(reference, amount, now, mistake);
            if (fate < 0.1)
            {
                await RefundAsync(payment, fate);
            }
            else if (fate < 0.107)
            {
                await DisputeAsync(payment, reference, amount);
            }
        }

        private async Task RefundAsync(Payment payment, double fate)
        {
            payment = await books.DoAsync(payment, new RefundCommand
            {
                OperationId = Ids.Refund(new byte[32], Mode.Test, payment.Id, "refund"),
                Amount = fate < 0.07 ? payment.Amount / 2 : null,
                Fingerprint = "1",
                Now = Tick,
                Gateway = Promise,
                Retries = Retries,
                Jitter = 0,
            });
            var refund = payment.Operations[^1];
            var (reference, amount) = (Ids.ProcessorReference(refund.Id), new Money(refund.Amount, payment.Currency));
            payment = await books.DoAsync(payment, Answer(payment, refund, new(GatewayAnswerKind.Approved, $"re_{number}"), Tick));
            books.file.Refund(reference, amount, now);
            if (dice.Next(30) == 0)
            {
                await books.ToldAsync(
                    payment, Answer(payment, payment.Operations[^1], new(GatewayAnswerKind.Reversed, $"re_{number}", "account_closed"), Tick) with { Source = EvidenceSource.Webhook, Attempt = 0 },
                    $"evt_{number}_reversed");
                books.file.RefundFailure(reference, amount, now);
            }
        }

        // A third each: open, won, lost.
        private async Task DisputeAsync(Payment payment, string reference, Money amount)
        {
            var (name, fee) = ($"dp_{number}", Math.Min(DisputeFee, amount.Minor));
            payment = await NoticeAsync(payment, OperationKind.Dispute, name, amount, fee, kept: 0);
            books.file.Dispute(reference, name, amount, fee, now);
            switch (dice.Next(3))
            {
                case 1:
                    await NoticeAsync(payment, OperationKind.DisputeWon, name, amount, fee, kept: fee);
                    books.file.DisputeReversal(reference, name, amount, returned: 0, now);
                    break;
                case 2:
                    await NoticeAsync(payment, OperationKind.DisputeLost, name, amount, fee, kept: 0);
                    break;
            }
        }

        private Task<Payment> NoticeAsync(Payment payment, OperationKind notice, string name, Money amount, long fee, long kept) => books.ToldAsync(payment, new NoticeCommand
        {
            Notice = notice,
            From = Gateway,
            About = payment.Charge.Id,
            DisputeReference = name,
            Amount = amount,
            Fee = fee,
            Kept = kept,
            Code = "fraudulent",
            Now = Tick,
            Gateway = Promise,
            Retries = Retries,
            Jitter = 0,
        }, $"evt_{number}_{notice.Name()}");

        private static DateTimeOffset Min(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;
    }
}
