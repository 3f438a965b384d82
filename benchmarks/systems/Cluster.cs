using Npgsql;
using Payments.Storage.Postgres;

namespace Payments.Benchmarks.Systems;

/// <summary>The PostgreSQL that everything is measured on, as <c>./bench</c> made it.</summary>
/// <param name="owner">Connects as its superuser.</param>
/// <param name="appPassword">Of the role that nodes log in with.</param>
/// <param name="programs">Where the installation keeps its programs.</param>
internal sealed class Cluster(string owner, string appPassword, string programs)
{
    /// <summary>What the product's own programs take: with a pool, as they do by themselves.</summary>
    public IReadOnlyDictionary<string, string> OwnersEnvironment => new Dictionary<string, string> { ["PAYMENTS_OWNER_DATABASE"] = owner, ["PAYMENTS_APP_PASSWORD"] = appPassword };

    /// <summary>For statements of the benchmark's own, which are few and leave no connection behind.</summary>
    public string Owner(string database) => new NpgsqlConnectionStringBuilder(owner) { Database = database, Pooling = false }.ConnectionString;

    public string App(string database) => new NpgsqlConnectionStringBuilder(owner)
    {
        Database = database,
        Username = "payments_app",
        Password = appPassword,
    }.ConnectionString;

    public string PgBench => Path.Combine(programs, "pgbench");

    /// <summary>What PostgreSQL's own programs read.</summary>
    public IReadOnlyDictionary<string, string> Environment(string database)
    {
        var parts = new NpgsqlConnectionStringBuilder(owner);
        return new Dictionary<string, string>
        {
            ["PGHOST"] = parts.Host!,
            ["PGPORT"] = $"{parts.Port}",
            ["PGUSER"] = parts.Username!,
            ["PGPASSWORD"] = parts.Password!,
            ["PGDATABASE"] = database,
        };
    }

    /// <summary>A database of the system's own, as <c>payments migrate</c> makes it.</summary>
    public Task MigrateAsync(string database) => Migrations.ApplyAsync(Owner(database), appPassword, CancellationToken.None);

    public Task CreateAsync(string database) => ExecuteAsync("postgres", $"CREATE DATABASE {database}");

    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Owner(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(Owner(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Processor time of all its processes, those that ended too.</summary>
    public async Task<TimeSpan> CpuAsync()
    {
        var postmaster = await ScalarAsync<string>("postgres", "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)");
        double ticks = 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                var fields = File.ReadAllText(Path.Combine(folder, "stat")).Split(") ")[1].Split(' ');
                var isPostmaster = Path.GetFileName(folder) == postmaster;
                if (isPostmaster || fields[1] == postmaster)
                {
                    ticks += double.Parse(fields[11]) + double.Parse(fields[12]);
                }

                if (isPostmaster)
                {
                    ticks += double.Parse(fields[13]) + double.Parse(fields[14]);
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
            {
                // No process, or not any more.
            }
        }

        return TimeSpan.FromSeconds(ticks / 100);
    }
}
