using Npgsql;
using Payments.Storage.Postgres;
using Payments.Tests.Audits;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>
/// A database that was empty when the writer made its plans, and has 1.4 million rows since: a hundred days of one merchant with a thousand payments each. Every
/// statement that is carried out on it is explained.
/// </summary>
public sealed class GrownDatabase : IAsyncLifetime
{
    /// <summary>What makes a table a large one.</summary>
    public const int Large = 10_000;

    public const string Merchant = "mer_0000000000000000000000000b";
    public const string Gateway = "grown";

    private TestDatabase database = null!;

    /// <summary>When the first payment was made.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The beginning of the last day.</summary>
    public static DateTimeOffset LastDay { get; } = Start.AddDays(99);

    public PlanRecorder Plans { get; } = new();

    public NpgsqlDataSource Writing { get; private set; } = null!;

    public NpgsqlDataSource Reading { get; private set; } = null!;

    public NpgsqlDataSource Reports { get; private set; } = null!;

    /// <summary>What the writer did just after the tables had grown, when no statistics knew of it.</summary>
    public IReadOnlyList<TableAccess> WhileStale { get; private set; } = [];

    /// <summary>Another merchant's, written by the real writer.</summary>
    public SampleBook Book { get; private set; } = null!;

    public HashSet<string> LargeTables { get; } = [];

    public async Task InitializeAsync()
    {
        database = await TestDatabase.MigratedAsync();
        // By hand only, so that it is known what the statistics know.
        await database.ExecuteAsync($"""
            DO $$ DECLARE t regclass; BEGIN
                FOR t IN SELECT c.oid FROM pg_class c WHERE relnamespace = 'payments'::regnamespace AND relkind = 'r' LOOP
                    EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', t);
                END LOOP;
            END $$;
            {PlanRecorder.Switch(new NpgsqlConnectionStringBuilder(database.Owner).Database!, "payments_app")}
            """);
        // One connection, whose plans are made now.
        var writing = Connections.Writing(database.App);
        writing.ConnectionStringBuilder.MaxPoolSize = 1;
        Writing = Plans.Open(writing);
        Book = new(Writing);
        await Book.BeginAsync();
        await Book.WriteAsync(0, 96);
        await database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "tests", "storage", "grow.sql")));
        Plans.Take();
        await Book.WriteAsync(96, 96);
        WhileStale = Plans.Take();
        await database.ExecuteAsync("ANALYZE");
        (Reading, Reports) = (Plans.Open(Connections.Reading(database.App)), Plans.Open(Connections.Reports(database.App)));
        await using var source = database.Open();
        await using var command = source.CreateCommand(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'payments'::regnamespace AND relkind = 'r' AND reltuples > $1");
        command.Parameters.Add(new() { Value = (float)Large });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            LargeTables.Add(reader.GetString(0));
        }
    }

    public async Task DisposeAsync()
    {
        await Writing.DisposeAsync();
        await Reading.DisposeAsync();
        await Reports.DisposeAsync();
        await database.DisposeAsync();
    }
}
