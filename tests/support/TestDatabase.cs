using Npgsql;
using Payments.Storage.Postgres;

namespace Payments.Tests.Support;

/// <summary>A database of a test's own on the real PostgreSQL that <c>./test</c> starts, dropped at the end.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    /// <summary>Roles belong to the whole cluster: all tests' databases share one password.</summary>
    public const string AppPassword = "only-for-tests";

    private static readonly Lazy<Task<TestDatabase>> Template = new(MigratedAsync);

    private readonly NpgsqlConnectionStringBuilder owner;

    private TestDatabase(string kind) =>
        owner = new(Cluster) { Database = $"{kind}_{Guid.NewGuid():N}", SearchPath = "payments", MaxPoolSize = 10 };

    /// <summary>The cluster of this test run, as its superuser.</summary>
    public static string Cluster => Environment.GetEnvironmentVariable("PAYMENTS_TEST_POSTGRES")
        ?? throw new InvalidOperationException("PAYMENTS_TEST_POSTGRES is not set: run the tests with ./test, which starts a PostgreSQL for them.");

    /// <summary>Connects as the cluster's superuser: for looking, and for tampering.</summary>
    public string Owner => owner.ConnectionString;

    /// <summary>Connects as the nodes do.</summary>
    public string App => new NpgsqlConnectionStringBuilder(Owner) { Username = "payments_app", Password = AppPassword, SearchPath = null }.ConnectionString;

    /// <summary>The merchant that <see cref="CreateAsync"/> makes: fee 2.9 % + 30, a salt of zeros.</summary>
    public string MerchantId => "mer_00000000000000000000000001";

    /// <summary>A name that nobody else has; the database does not exist yet.</summary>
    public static TestDatabase Named() => new("test");

    /// <summary>A database with this program's schema and nothing in it.</summary>
    public static async Task<TestDatabase> MigratedAsync()
    {
        var database = Named();
        await Migrations.ApplyAsync(database.Owner, AppPassword, CancellationToken.None);
        return database;
    }

    /// <summary>A database with one merchant: a copy of one that is migrated once a run.</summary>
    public static async Task<TestDatabase> CreateAsync()
    {
        var database = await (await Template.Value).CopyAsync();
        await database.ExecuteAsync(
            $"INSERT INTO merchants (id, name, mode, salt, fee_basis_points, fee_fixed, created_at) VALUES ('{database.MerchantId}', 'Test', 'test', decode(repeat('00', 32), 'hex'), 290, 30, now())");
        return database;
    }

    /// <summary>A copy of this database, which nobody may be using.</summary>
    public async Task<TestDatabase> CopyAsync()
    {
        var copy = Named();
        await ExecuteAsync(Cluster, $"CREATE DATABASE {copy.owner.Database} TEMPLATE {owner.Database}");
        // A template's copy does not bring along what a role has set for the database.
        await ExecuteAsync(Cluster, $"ALTER ROLE payments_app IN DATABASE {copy.owner.Database} SET search_path = payments");
        return copy;
    }

    public NpgsqlDataSource Open() => NpgsqlDataSource.Create(owner);

    public NpgsqlDataSource OpenAsApp() => NpgsqlDataSource.Create(App);

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
        await using (var pool = new NpgsqlConnection(Owner))
        {
            NpgsqlConnection.ClearPool(pool);
        }

        await ExecuteAsync(Cluster, $"DROP DATABASE IF EXISTS {owner.Database} WITH (FORCE)");
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        // A machine that runs the whole suite may keep a connection waiting: that is no failure.
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, Timeout = 120 }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
