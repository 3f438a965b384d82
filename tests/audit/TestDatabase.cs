using Npgsql;
using Payments.Storage.Postgres;

namespace Payments.Tests.Audits;

/// <summary>A database of its own in the tests' cluster, dropped at the end.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    public const string AppPassword = "app";

    private readonly NpgsqlConnectionStringBuilder superuser;

    private TestDatabase(string name) => superuser = new(Cluster) { Database = name, SearchPath = "payments", MaxPoolSize = 10 };

    /// <summary>The cluster, as a superuser.</summary>
    public static string Cluster => Environment.GetEnvironmentVariable("PAYMENTS_TEST_POSTGRES")
        ?? throw new InvalidOperationException("Set PAYMENTS_TEST_POSTGRES to a superuser's connection string; `./test` does.");

    /// <summary>This database, as a superuser.</summary>
    public string ConnectionString => superuser.ConnectionString;

    public NpgsqlDataSource Open() => NpgsqlDataSource.Create(superuser);

    public NpgsqlDataSource OpenAsApp() =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Username = "payments_app", Password = AppPassword, SearchPath = null });

    /// <summary>A name that nobody else has; the database does not exist yet.</summary>
    public static TestDatabase Named() => new($"audit_{Guid.NewGuid():N}");

    public static async Task<TestDatabase> MigratedAsync()
    {
        var database = Named();
        await Migrations.ApplyAsync(database.ConnectionString, AppPassword, CancellationToken.None);
        return database;
    }

    /// <summary>A copy of this database, which nobody may be using.</summary>
    public async Task<TestDatabase> CopyAsync()
    {
        var copy = Named();
        await ExecuteInClusterAsync($"CREATE DATABASE {copy.superuser.Database} TEMPLATE {superuser.Database}");
        return copy;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync() => await ExecuteInClusterAsync($"DROP DATABASE IF EXISTS {superuser.Database} WITH (FORCE)");

    private static async Task ExecuteInClusterAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Cluster) { Database = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
