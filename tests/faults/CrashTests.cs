using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>kill -9 of nodes and of PostgreSQL at random moments under load: the audit passes at once, and everything comes to its end.</summary>
public sealed class CrashTests
{
    private const int Crashes = 20;

    [Fact]
    public async Task Whatever_is_killed_and_whenever_the_books_are_right_at_once_and_every_payment_ends()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2, RunningSystem.Impatient);
        var random = new Random(20261123);
        var merchants = new Merchants(16, () => [system.Client(0), system.Client(1)]);
        for (var crash = 0; crash < Crashes; crash++) // each at another moment
        {
            await merchants.ProgressAsync(random.Next(10, 150));
            switch (crash % 4)
            {
                case 3:
                    await system.Postgres.KillAsync();
                    await system.Postgres.StartAgainAsync();
                    break;
                case 2:
                    await Task.WhenAll(system.KillNodeAsync(0), system.KillNodeAsync(1), system.Postgres.KillAsync());
                    await system.Postgres.StartAgainAsync();
                    break;
                default:
                    await system.KillNodeAsync(crash % 2);
                    break;
            }

            await VerifyAsync(system); // at once: before anything was restarted or repaired
            await Task.WhenAll(system.StartNodeAsync(0), system.StartNodeAsync(1));
        }

        await merchants.StopAsync();
        await system.BecomesEmptyAsync(
            """
            SELECT p.id, p.status, p.payment_method, p.next_action_at, o.kind, o.attempt, o.answer, o.code
                FROM payments p LEFT JOIN operations o ON o.payment_id = p.id AND o.status = 'pending' WHERE p.next_action_at IS NOT NULL
            """,
            TimeSpan.FromSeconds(60));
        await VerifyAsync(system);

        using var client = system.Client(0);
        await merchants.AssertKeptAsync(client);
    }

    private static async Task VerifyAsync(RunningSystem system)
    {
        var report = await system.VerifyAsync();
        Assert.True(report.Passed, string.Join('\n', report.Breaches));
        Assert.Equal(0, await system.CountAsync(
            "SELECT count(*) FROM payments WHERE (status = 'processing' OR refunds_in_flight > 0) AND next_action_at IS NULL"));
    }
}
