using Npgsql;
using Payments.Storage.Postgres;

namespace Payments.Tests.Support;

/// <summary>A database of a test's own on the real PostgreSQL that <c>./test</c> starts, migrated, with one merchant in it.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const string AppPassword = "only-for-tests";
    private static readonly SemaphoreSlim OneAtATime = new(1);
    private static string? template;

    private TestDatabase(string owner) => Owner = owner;

    /// <summary>Connects as the cluster's superuser: for looking, and for tampering.</summary>
    public string Owner { get; }

    /// <summary>Connects as the nodes do.</summary>
    public string App => new NpgsqlConnectionStringBuilder(Owner) { Username = "payments_app", Password = AppPassword }.ConnectionString;

    /// <summary>A test merchant with fee 2.9 % + 30 and a salt of zeros.</summary>
    public string MerchantId { get; } = "mer_00000000000000000000000001";

    /// <summary>The cluster of this test run.</summary>
    public static string Cluster => Environment.GetEnvironmentVariable("PAYMENTS_TEST_POSTGRES")
        ?? throw new InvalidOperationException("PAYMENTS_TEST_POSTGRES is not set: run the tests with ./test, which starts a PostgreSQL for them.");

    /// <summary>Makes the database as a copy of a template that is migrated once.</summary>
    public static async Task<TestDatabase> CreateAsync()
    {
        await OneAtATime.WaitAsync();
        try
        {
            if (template is null)
            {
                var name = $"template_{Guid.NewGuid():N}";
                await Migrations.ApplyAsync(Of(name), AppPassword, CancellationToken.None);
                NpgsqlConnection.ClearAllPools();
                template = name;
            }

            var database = new TestDatabase(Of($"test_{Guid.NewGuid():N}"));
            await ExecuteAsync(Cluster, $"CREATE DATABASE {new NpgsqlConnectionStringBuilder(database.Owner).Database} TEMPLATE {template}");
            await database.ExecuteAsync($"ALTER DATABASE {new NpgsqlConnectionStringBuilder(database.Owner).Database} SET search_path = payments");
            await database.AddMerchantAsync(database.MerchantId);
            return database;
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    public Task AddMerchantAsync(string id, string mode = "test") => ExecuteAsync(
        $"INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, created_at) VALUES ('{id}', 'Test', '{mode}', decode(repeat('00', 32), 'hex'), 290, 30, now())");

    public Task ExecuteAsync(string sql) => ExecuteAsync(Owner, sql);

    /// <summary>The first column of the first row.</summary>
    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(Owner);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await ExecuteAsync(Cluster, $"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(Owner).Database} WITH (FORCE)");
    }

    private static string Of(string database) => new NpgsqlConnectionStringBuilder(Cluster) { Database = database, SearchPath = "payments" }.ConnectionString;

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
