using System.Diagnostics;
using Npgsql;
using Payments.Hammer;
using Payments.Storage.Postgres;
using Payments.Tests.Support;

namespace Payments.Tests.Storage;

/// <summary>Three processes fight for the same payments over crossed accounts, and are killed, and so are their connections and their server.</summary>
public sealed class HammerTests
{
    private const int Rounds = 12;

    [Fact]
    public async Task Whatever_is_killed_the_books_pass_the_audit_and_nothing_acknowledged_is_lost()
    {
        await using var postgres = await LocalPostgres.StartAsync();
        await Migrations.ApplyAsync(await postgres.OwnerAsync(), await postgres.AppPasswordAsync(), CancellationToken.None);
        string[] merchants = ["mer_00000000000000000000000001", "mer_00000000000000000000000002", "mer_00000000000000000000000003"];
        await ExecuteAsync(await postgres.OwnerAsync(), string.Concat(merchants.Select(merchant =>
            $"INSERT INTO payments.merchants VALUES ('{merchant}', 'Test', 'test', decode(repeat('00', 32), 'hex'), 290, 30, 0, now());")));
        var files = Directory.CreateTempSubdirectory("hammer");
        var random = new Random(20261123);
        var hammers = new Process?[3];
        var seed = 0;
        try
        {
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < hammers.Length; i++)
                {
                    hammers[i] ??= Start(await postgres.AppAsync(), ++seed, files, merchants);
                }

                // A round is over when enough new work was acknowledged, so every blow falls into full activity.
                var target = Acknowledged(files).Count + random.Next(200, 600);
                await Eventually.BecomesAsync(true, () => Task.FromResult(Acknowledged(files).Count >= target), TimeSpan.FromSeconds(60));
                switch (round % 4)
                {
                    case 3:
                        await postgres.KillAsync();
                        await postgres.StartAgainAsync();
                        break;
                    case 1:
                        await ExecuteAsync(await postgres.OwnerAsync(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'payments_app'");
                        break;
                    default:
                        var victim = random.Next(hammers.Length);
                        await KillAsync(hammers[victim]!);
                        hammers[victim] = null;
                        break;
                }

                await AuditAsync(postgres); // at once, with no repair step
            }
        }
        finally
        {
            await Task.WhenAll(hammers.Where(hammer => hammer is not null).Select(hammer => KillAsync(hammer!)));
        }

        await AuditAsync(postgres);
        var acknowledged = Acknowledged(files);
        Assert.DoesNotContain(acknowledged, line => line.StartsWith("Rejected", StringComparison.Ordinal)); // no deadlock was answered to a caller
        Assert.Equal(0, await MissingAsync(postgres, acknowledged));
        files.Delete(recursive: true);
    }

    private static async Task AuditAsync(LocalPostgres postgres)
    {
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(await postgres.AppAsync()) { Pooling = false, SearchPath = "payments" });
        var report = await Audit.RunAsync(new AuditOptions { Database = database }, null, CancellationToken.None);
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
        Assert.Contains(report.Checks, check => check.Rows > 0);
    }

    // Whatever a caller was told is durable must be there.
    private static async Task<long> MissingAsync(LocalPostgres postgres, IReadOnlyList<string> acknowledged)
    {
        var words = acknowledged.Select(line => line.Split(' ')).ToArray();
        await using var connection = new NpgsqlConnection(await postgres.OwnerAsync());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            SELECT count(*) FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS told (merchant_id, payment_id, version)
            WHERE NOT EXISTS (SELECT FROM payments.payment_audit a WHERE (a.merchant_id, a.payment_id, a.version) = (told.merchant_id, told.payment_id, told.version))
            """, connection);
        command.Parameters.Add(new() { Value = words.Select(word => word[1]).ToArray() });
        command.Parameters.Add(new() { Value = words.Select(word => Guid.Parse(word[2])).ToArray() });
        command.Parameters.Add(new() { Value = words.Select(word => long.Parse(word[3])).ToArray() });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    // A line that a kill cut in two was never acknowledged whole.
    private static IReadOnlyList<string> Acknowledged(DirectoryInfo files) =>
        [.. files.GetFiles().SelectMany(file =>
        {
            using var reader = new StreamReader(new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var text = reader.ReadToEnd();
            return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        })];

    private static Process Start(string connection, int seed, DirectoryInfo files, string[] merchants) =>
        Process.Start(new ProcessStartInfo("dotnet",
            [typeof(HammerMarker).Assembly.Location, connection, $"{seed}", Path.Combine(files.FullName, $"{seed}.txt"), .. merchants]))!;

    private static async Task KillAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
