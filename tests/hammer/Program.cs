using Microsoft.Extensions.Logging.Abstractions;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;

// A process that drives payments against the database as fast as it can, and is made to be killed. Several of them work on the same
// payments and the same accounts, so that every claim is fought for. What it was told to be durable it writes to a file first thing.
//
//   Payments.Hammer CONNECTION SEED ACKNOWLEDGED-FILE MERCHANT...
var (connection, seed, file, merchants) = (args[0], int.Parse(args[1]), args[2], args[3..]);
await using var writing = Connections.ForWriting(connection);
await using var reading = Connections.ForReading(connection);
var committer = new GroupCommitter(
    writing, new() { Node = $"hammer-{seed}", Pause = TimeSpan.FromMilliseconds(20) }, TimeProvider.System, NullLogger<GroupCommitter>.Instance);
await committer.StartAsync(CancellationToken.None);
var store = new PostgresStore(reading, committer);
await using var acknowledged = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
var gate = new Lock();
await Task.WhenAll(Enumerable.Range(0, 24).Select(worker => Task.Run(() => WorkAsync(new Random(seed * 1000 + worker)))));

async Task WorkAsync(Random random)
{
    while (true)
    {
        // Few enough that processes meet on the same payment all the time; new ones come in as the minutes pass.
        var number = random.Next(300) + (int)(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 4 % 1000) * 100;
        var merchant = merchants[number % merchants.Length];
        var id = new Guid(number, 0, 0, new byte[8]);
        try
        {
            var payment = await store.LoadAsync(merchant, id, CancellationToken.None);
            if (PaymentStateMachine.Decide(payment, Any(payment, merchant, id, random)) is Decision.Accept accept)
            {
                var result = await store.CommitAsync(accept.ToCommit());
                if (result.Verdict is CommitVerdict.Committed or CommitVerdict.Rejected)
                {
                    Write($"{result.Verdict} {merchant} {id} {accept.Next.Version} {result.Detail}");
                }
            }
        }
        catch (Npgsql.NpgsqlException)
        {
            // A read that met a dying server: look again.
        }
    }
}

void Write(string line)
{
    lock (gate)
    {
        acknowledged.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
    }
}

static PaymentCommand Any(Payment? payment, string merchant, Guid id, Random random)
{
    var now = TimeProvider.System.Now();
    var gateway = new GatewayCapabilities(TimeSpan.FromHours(24), CanQuery: true, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1));
    var currency = Currency.Of(new[] { "EUR", "USD", "JPY", "KWD" }[id.ToByteArray()[0] % 4]);
    if (payment is null)
    {
        return new ChargeCommand
        {
            MerchantId = merchant,
            PaymentId = id,
            Mode = Mode.Test,
            Amount = new(random.Next(1, 100_000), currency),
            Fee = new(290, 30),
            Routes = ["simulator"],
            PaymentMethod = "tok_approve",
            Fingerprint = "v1:hammer",
            Now = now,
            Gateway = gateway,
            Retries = RetrySchedule.Default,
            Jitter = random.NextDouble(),
        };
    }

    if (payment.Operations.FirstOrDefault(operation => !operation.IsFinal) is { } open)
    {
        var kind = random.Next(10) switch
        {
            < 6 => GatewayAnswerKind.Approved,
            < 8 => GatewayAnswerKind.Declined,
            _ => GatewayAnswerKind.Unknown,
        };
        return new AnswerCommand
        {
            OperationId = open.Id,
            Attempt = open.Attempt,
            From = "simulator",
            Answer = new(kind, "proc_1"),
            Now = now,
            Gateway = gateway,
            Retries = RetrySchedule.Default,
            Jitter = random.NextDouble(),
        };
    }

    return new RefundCommand
    {
        OperationId = new Guid(random.Next(20), 1, 1, id.ToByteArray()[..8]),
        Amount = random.Next(1, 20_000),
        Fingerprint = "v1:hammer",
        Now = now,
        Gateway = gateway,
        Retries = RetrySchedule.Default,
        Jitter = random.NextDouble(),
    };
}
