using Payments.Tests.Support;

namespace Payments.Tests.Settlement;

/// <summary>A node that is told to fetches the simulator's files by itself.</summary>
public sealed class SettlementNodeTests
{
    [Fact]
    public async Task A_configured_node_imports_the_file_of_a_day_that_is_over()
    {
        await using var system = await RunningSystem.StartAsync(1, """
            { "gateways": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR", "settlement": { "every_seconds": 1 } }] }
            """);
        using var client = system.Client(0);
        await RunningSystem.PostAsync(client, "v1/payments", "a", new { amount = 1_000, currency = "EUR", payment_method = "tok_approve" });
        Assert.Equal(0, await system.CountAsync("SELECT count(*) FROM settlement_files"));

        // Nobody waits for midnight: the payment was made yesterday, of which the simulator's record has nothing.
        await system.ExecuteAsync("SET session_replication_role = replica; UPDATE payments.journal_entries SET posted_at = posted_at - interval '1 day'");
        await system.BecomesEmptyAsync("SELECT 1 WHERE NOT EXISTS (SELECT FROM settlement_files WHERE imported_at IS NOT NULL AND begun_by = 'schedule' AND lines = 0)", TimeSpan.FromSeconds(20));
        Assert.Equal(1, await system.CountAsync("SELECT count(*) FROM settlement_files WHERE name = to_char((now() AT TIME ZONE 'UTC') - interval '1 day', 'YYYY-MM-DD') || '.csv'"));
    }
}
