using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Payments.Storage.Postgres;

/// <summary>The database is not what this program expects, and nothing but a person's decision can mend that.</summary>
public sealed class SchemaMismatchException(string message) : Exception(message);

/// <summary>
/// Brings a database to this program's schema: the numbered SQL files that are embedded here, each in a transaction of its own, as the
/// role that owns everything and can log in nowhere. Any number of runners may start at once; one works and the others wait.
/// </summary>
public static class Migrations
{
    private const string OwnerRole = "payments_owner";
    private const string AppRole = "payments_app";

    // Any number will do as long as all runners take the same.
    private const long LockKey = 0x7061_796D_656E_7473;

    /// <summary>The files, in order.</summary>
    private static readonly ImmutableArray<Migration> Files = Read();

    /// <summary>The number of the newest migration: the version of the schema that this program needs.</summary>
    public static int Newest => Files[^1].Number;

    /// <summary>
    /// Creates what is missing (the database, the two roles, the schema) and applies what was not applied yet. Roles belong to the whole
    /// cluster, so databases beside each other share them, and the latest <paramref name="appPassword"/> counts.
    /// </summary>
    /// <param name="ownerConnectionString">A login that may create roles and databases.</param>
    /// <param name="appPassword">What the nodes log in with, as <c>payments_app</c>.</param>
    /// <returns>The names of the migrations that were applied now.</returns>
    /// <exception cref="SchemaMismatchException">An applied file has changed, or the database is newer than this program.</exception>
    public static async Task<IReadOnlyList<string>> ApplyAsync(string ownerConnectionString, string appPassword, CancellationToken cancellationToken)
    {
        // Advisory locks live inside one database: the one that all runners of a cluster can reach is the maintenance database.
        var target = new NpgsqlConnectionStringBuilder(ownerConnectionString) { Pooling = false };
        var maintenance = new NpgsqlConnectionStringBuilder(target.ConnectionString) { Database = "postgres" };
        await using var cluster = new NpgsqlConnection(maintenance.ConnectionString);
        await cluster.OpenAsync(cancellationToken);
        await ExecuteAsync(cluster, $"SELECT pg_advisory_lock({LockKey})", cancellationToken);
        await CreateDatabaseAsync(cluster, target.Database ?? "postgres", cancellationToken);
        await CreateRolesAsync(cluster, appPassword, cancellationToken);

        await using var connection = new NpgsqlConnection(target.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await PrepareAsync(connection, cancellationToken);
        var applied = await AppliedAsync(connection, cancellationToken);
        Compare(applied);
        var now = new List<string>();
        foreach (var file in Files.Skip(applied.Count))
        {
            await ApplyAsync(connection, file, cancellationToken);
            now.Add(file.Name);
        }

        return now;
    }

    /// <summary>Throws unless the database has exactly this program's schema.</summary>
    /// <exception cref="SchemaMismatchException">It has another, or none.</exception>
    public static async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<Migration> applied;
        try
        {
            applied = await AppliedAsync(connection, cancellationToken);
        }
        catch (PostgresException missing) when (missing.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new SchemaMismatchException("The database has no schema yet: run `payments migrate`.");
        }

        Compare(applied);
        if (applied.Count < Files.Length)
        {
            throw new SchemaMismatchException(
                $"The database is at migration {applied.Count} and this program needs {Files.Length}: run `payments migrate`.");
        }
    }

    private static void Compare(IReadOnlyList<Migration> applied)
    {
        if (applied.Count > Files.Length)
        {
            throw new SchemaMismatchException(
                $"The database is at migration {applied[^1].Number} ({applied[^1].Name}) and this program knows only {Newest}: run a newer program.");
        }

        foreach (var (file, row) in Files.Zip(applied))
        {
            if (file.Number != row.Number || file.Checksum != row.Checksum)
            {
                throw new SchemaMismatchException(
                    $"Migration {row.Name} was applied with checksum {row.Checksum}, but this program's {file.Name} has {file.Checksum}. "
                    + "A file that was applied must never change: put it back, and add a new one.");
            }
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration file, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SET LOCAL ROLE {OwnerRole}", cancellationToken);
        await ExecuteAsync(connection, "SET LOCAL search_path = payments", cancellationToken);
        await ExecuteAsync(connection, file.Sql, cancellationToken);
        await using var insert = new NpgsqlCommand("INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)", connection);
        insert.Parameters.Add(new() { Value = file.Number });
        insert.Parameters.Add(new() { Value = file.Name });
        insert.Parameters.Add(new() { Value = file.Checksum });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<IReadOnlyList<Migration>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT number, name, checksum FROM payments.schema_migrations ORDER BY number", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new List<Migration>();
        while (await reader.ReadAsync(cancellationToken))
        {
            applied.Add(new(reader.GetInt32(0), reader.GetString(1), reader.GetString(2), ""));
        }

        return applied;
    }

    private static async Task CreateDatabaseAsync(NpgsqlConnection cluster, string name, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", cluster);
        exists.Parameters.Add(new() { Value = name });
        if (await exists.ExecuteScalarAsync(cancellationToken) is null)
        {
            await ExecuteAsync(cluster, $"CREATE DATABASE {Quote(name)} ENCODING 'UTF8' TEMPLATE template0", cancellationToken);
        }
    }

    private static async Task CreateRolesAsync(NpgsqlConnection cluster, string appPassword, CancellationToken cancellationToken)
    {
        // Created by block rather than IF NOT EXISTS, which roles lack. Being a member is what lets a login that is no superuser act as the owner.
        await ExecuteAsync(cluster, $"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OwnerRole}') THEN CREATE ROLE {OwnerRole} NOLOGIN; END IF;
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{AppRole}') THEN CREATE ROLE {AppRole} LOGIN; END IF;
                IF NOT pg_has_role('{OwnerRole}', 'MEMBER') THEN GRANT {OwnerRole} TO CURRENT_USER; END IF;
            END $$
            """, cancellationToken);
        await ExecuteAsync(cluster, $"ALTER ROLE {AppRole} LOGIN NOCREATEDB NOCREATEROLE PASSWORD '{ScramVerifier(appPassword)}'", cancellationToken);
        await using var powers = new NpgsqlCommand($"SELECT rolsuper OR rolbypassrls OR rolreplication FROM pg_roles WHERE rolname = '{AppRole}'", cluster);
        if (await powers.ExecuteScalarAsync(cancellationToken) is true)
        {
            throw new SchemaMismatchException($"The role {AppRole} has the powers of a superuser: the rights on the books would mean nothing.");
        }
    }

    private static async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Nobody but the two roles has any business here. Without temporary tables nobody can hide a real table behind one of its name.
        var database = Quote(connection.Database);
        await ExecuteAsync(connection, $"""
            REVOKE ALL ON DATABASE {database} FROM PUBLIC;
            GRANT CONNECT ON DATABASE {database} TO {OwnerRole}, {AppRole};
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            CREATE SCHEMA IF NOT EXISTS payments AUTHORIZATION {OwnerRole};
            ALTER ROLE {AppRole} IN DATABASE {database} SET search_path = payments;
            """, cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"""
            SET LOCAL ROLE {OwnerRole};
            CREATE TABLE IF NOT EXISTS payments.schema_migrations (
                number     integer PRIMARY KEY,
                name       text NOT NULL,
                checksum   text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            );
            GRANT USAGE ON SCHEMA payments TO {AppRole};
            GRANT SELECT ON payments.schema_migrations TO {AppRole};
            """, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The password as PostgreSQL stores it (RFC 5803): sent in this form, it appears in no statement log.</summary>
    private static string ScramVerifier(string password)
    {
        const int iterations = 4096;
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, 32);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
    }

    private static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // A long wait for another runner, or a long migration, is no error.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static ImmutableArray<Migration> Read()
    {
        const string folder = "migrations/";
        var assembly = typeof(Migrations).Assembly;
        var files = assembly.GetManifestResourceNames()
            .Where(resource => resource.StartsWith(folder, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(resource =>
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);

                // A checkout with other line ends has the same migrations.
                var sql = reader.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
                var name = resource[folder.Length..];
                return new Migration(int.Parse(name[..4]), name, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))), sql);
            })
            .ToImmutableArray();
        return files.Select(file => file.Number).SequenceEqual(Enumerable.Range(1, files.Length))
            ? files
            : throw new InvalidOperationException("Migrations are numbered from 0001 without a gap.");
    }

    private sealed record Migration(int Number, string Name, string Checksum, string Sql);
}
