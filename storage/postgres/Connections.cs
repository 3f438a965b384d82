using Npgsql;

namespace Payments.Storage.Postgres;

/// <summary>How connections to the database are made: one pool that writes batches, one that reads.</summary>
public static class Connections
{
    /// <summary>For batches. Index plans are pinned: a statement that was first planned while its table was empty must not keep a sequential
    /// scan for the life of the connection. Locks and idle transactions are bounded, so that a dead node cannot hold rows for long.</summary>
    public static NpgsqlDataSource ForWriting(string connectionString) => Writing(connectionString).Build();

    /// <summary>For single rows and lists.</summary>
    public static NpgsqlDataSource ForReading(string connectionString) => Reading(connectionString).Build();

    /// <summary>For reports: few connections, each of which may read for minutes.</summary>
    public static NpgsqlDataSource ForReports(string connectionString) => Reports(connectionString).Build();

    internal static NpgsqlDataSourceBuilder Writing(string connectionString) => Builder("writing", connectionString, 8, string.Join(' ',
        "-c enable_seqscan=off", "-c enable_hashjoin=off", "-c enable_mergejoin=off", "-c enable_bitmapscan=off", "-c jit=off",
        "-c plan_cache_mode=force_generic_plan", "-c lock_timeout=10s", "-c idle_in_transaction_session_timeout=10s"), leavesNothing: true);

    internal static NpgsqlDataSourceBuilder Reading(string connectionString) => Builder("reading", connectionString, 16, "-c jit=off -c statement_timeout=30s");

    internal static NpgsqlDataSourceBuilder Reports(string connectionString) => Builder("reports", connectionString, 8, "-c jit=off -c lock_timeout=10s");

    private static NpgsqlDataSourceBuilder Builder(string name, string connectionString, int poolSize, string settings, bool leavesNothing = false)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Options = settings,
            SearchPath = "payments",
            MaxPoolSize = poolSize,
            CommandTimeout = 10,
            Timeout = 5,
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            ApplicationName = "payments",
            // A batch changes nothing of its session; seven statements before each would put back what is as it was. Broken off, it is rolled back all the same.
            NoResetOnClose = leavesNothing,
        };
        // The name is what metrics call the pool by: unnamed, it would be its connection string.
        return new(builder.ConnectionString) { Name = name };
    }
}
