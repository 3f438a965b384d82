using Npgsql;
using Payments.Domain;
using Payments.Storage;
using Payments.Storage.Postgres;
using Payments.Tests.Domain;
using Payments.Tests.Support;

namespace Payments.Tests.Archives;

/// <summary>Months of books whose every row a test knows: payments, refunds, disputes, payouts and own entries, written by the group commit with a clock that a test sets.</summary>
internal sealed class ArchiveBook : IAsyncDisposable
{
    public static readonly Month January = Month.Of(StateMachineTable.Start);
    public static readonly Month February = January.Next;
    public static readonly Month March = February.Next;

    private readonly SettableClock clock = new(January.Start);
    private readonly Dictionary<int, Payment> payments = [];
    private readonly BatchWriter[] writers;
    private readonly string owner;
    private readonly string merchant;
    private int minutes;

    private ArchiveBook(string owner, string app, string merchant, long firstWriter)
    {
        (this.owner, this.merchant) = (owner, merchant);
        App = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(app) { SearchPath = "payments" });
        Writing = Connections.ForWriting(app);
        var accounts = new AccountNumbers();
        writers = [new(Writing, accounts, clock, firstWriter), new(Writing, accounts, clock, firstWriter + 1)];
    }

    public static Task<ArchiveBook> BeginAsync(TestDatabase database) => BeginAsync(database.Owner, database.App, database.MerchantId);

    public static async Task<ArchiveBook> BeginAsync(string owner, string app, string merchant)
    {
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(owner) { SearchPath = "payments", Pooling = false });
        await using var writer = database.CreateCommand("INSERT INTO ledger_writers (node, started_at) VALUES ('a', now()), ('b', now()) RETURNING no");
        var book = new ArchiveBook(owner, app, merchant, (long)(await writer.ExecuteScalarAsync())!);
        foreach (var account in new[] { book.Till, book.Vouchers })
        {
            await using var open = database.CreateCommand(
                $"INSERT INTO accounts (id, merchant_id, currency, grows_by_debit) VALUES ('{account}', '{merchant}', 'EUR', {ChartOfAccounts.GrowsByDebit(account)})");
            await open.ExecuteNonQueryAsync();
        }

        return book;
    }

    public NpgsqlDataSource App { get; }

    public NpgsqlDataSource Writing { get; }

    public string State { get; } = Directory.CreateTempSubdirectory("state").FullName;

    public string Folder { get; } = Directory.CreateTempSubdirectory("archives").FullName;

    public AccountId Till => new($"merchant:{merchant}:assets:till", Currency.Of("EUR"));

    public AccountId Vouchers => new($"merchant:{merchant}:liabilities:vouchers", Currency.Of("EUR"));

    public string Balance => $"merchant:{merchant}:balance:EUR";

    public Payment Payment(int number) => payments[number];

    public static Guid OwnEntry(int number) => Ids.OwnEntry(new byte[32], Mode.Test, $"own-{number}");

    public void GoTo(Month month) => (clock.Now, minutes) = (month.Start.AddHours(1), 0);

    /// <summary>Everything that can happen in a month, and ends in it.</summary>
    public async Task LiveThroughAsync(Month month, int first)
    {
        GoTo(month);
        for (var i = first; i < first + 4; i++)
        {
            await ChargeAsync(i);
            await AnswerAsync(i, i == first + 3 ? GatewayAnswerKind.Declined : GatewayAnswerKind.Approved);
        }

        await RefundAsync(first, 300, 1);
        await DisputeAsync(first + 1, OperationKind.Dispute);
        await PostOwnAsync(first);
        await PayoutAsync(first, GatewayAnswerKind.Approved);
    }

    public Task ChargeAsync(int number) => DoAsync(number, StateMachineTable.Charge() with
    {
        MerchantId = merchant,
        PaymentId = Ids.Payment(new byte[32], Mode.Test, $"key-{number}"),
        Now = Tick(),
    });

    public Task AnswerAsync(int number, GatewayAnswerKind kind) => DoAsync(number, StateMachineTable.Latest(payments[number], kind) with { Now = Tick() });

    public async Task RefundAsync(int number, long amount, int which, GatewayAnswerKind? answer = GatewayAnswerKind.Approved)
    {
        var id = Ids.Refund(new byte[32], Mode.Test, payments[number].Id, $"refund-{which}");
        await DoAsync(number, StateMachineTable.Refund(amount) with { OperationId = id, Now = Tick() });
        if (answer is { } kind)
        {
            await AnswerAsync(number, kind);
        }
    }

    /// <summary>The processor tells of it by a message: it is in the inbox before anything follows from it.</summary>
    public async Task DisputeAsync(int number, OperationKind notice)
    {
        var id = new EvidenceId("simulator", $"evt_{number}_{notice}");
        await new Inbox(Writing).ReceiveAsync(new(id, Tick(), new() { Kind = "approved", Gateway = "simulator" }), new byte[] { 1, 2, (byte)number }, default);
        await DoAsync(number, StateMachineTable.Notice(notice) with { About = payments[number].Charge.Id, Now = Tick() }, id);
    }

    public async Task PostOwnAsync(int number)
    {
        var entry = JournalEntries.Own(OwnEntry(number), merchant, [new(Till, 100 + number), new(Vouchers, -100 - number)]);
        await WriteAsync(new()
        {
            At = Tick(),
            Payment = null,
            Operation = null,
            Action = entry.Kind.Name(),
            Events = [],
            Entry = entry.ToRow() with { Own = new("v1", "Vouchers \"sold\",\nwith a line", null, null) },
        });
    }

    public async Task PayoutAsync(int number, GatewayAnswerKind? answer)
    {
        var claimed = (PayoutDecision.Accept)PayoutStateMachine.Decide(null, PayoutCommands.Request(merchant, $"payout-{number}", 10, Tick()));
        await WriteAsync(claimed.ToCommit(ruling: null));
        if (answer is { } kind)
        {
            await WriteAsync(((PayoutDecision.Accept)PayoutStateMachine.Decide(claimed.Next, PayoutCommands.Answer(kind, Tick()))).ToCommit(ruling: null));
        }
    }

    public async Task CloseAsync(Month month) => await new Books(App, TimeProvider.System).CloseAsync(month, "Ada", default);

    /// <param name="progress">May throw: whatever was not committed by then is not.</param>
    public Task<(ArchivedMonth Archived, bool IsNew)> ArchiveAsync(Month month, IProgress<ArchiveProgress>? progress = null, string? folder = null, TimeProvider? time = null) =>
        new Archiver(owner, State, time ?? TimeProvider.System).RunAsync(month, folder ?? Folder, "Ada", progress, default);

    public async Task CheckpointAsync() => await Checkpoints.TakeAsync(App, State, TimeProvider.System, default);

    public Task<AuditReport> VerifyAsync(string? since = null) => Audit.RunAsync(new() { Database = App, StateDirectory = State, SinceFile = since });

    public async Task PassesAsync()
    {
        var report = await VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches.Select(breach => $"{breach.Check}: {breach.Sentence}")));
    }

    /// <summary>Lets go of the database, so that it can be copied.</summary>
    public async Task LeaveAsync()
    {
        await Writing.DisposeAsync();
        await App.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        Directory.Delete(State, recursive: true);
        Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Writes a commit, by one writer and then by the other.</summary>
    public async Task<CommitResult> WriteAsync(Commit commit)
    {
        var result = Assert.Single(await writers[minutes % 2].WriteAsync([commit]));
        Assert.True(result.Verdict == CommitVerdict.Committed, $"{result.Verdict} {result.Detail}");
        return result;
    }

    private async Task DoAsync(int number, PaymentCommand command, EvidenceId? evidence = null)
    {
        var accepted = (Decision.Accept)PaymentStateMachine.Decide(payments.GetValueOrDefault(number), command);
        await WriteAsync(accepted.ToCommit() with { Evidence = evidence });
        payments[number] = accepted.Next;
    }

    private DateTimeOffset Tick()
    {
        minutes++;
        return clock.Now += TimeSpan.FromMinutes(1);
    }
}
