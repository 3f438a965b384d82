using System.Net.Http.Json;
using System.Text.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Gateways;

/// <summary>How processors look from real nodes, as any of them tells it.</summary>
public sealed class GatewayWatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Every_node_tells_of_the_breakers_of_all_nodes_also_after_what_they_said_was_deleted()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2, """
            { "gateways": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR", "timeout_ms": 2000, "retries_ms": [200, 500],
                             "webhook_secrets": ["env:PAYMENTS_SIMULATOR_WEBHOOK_SECRET"], "breaker_calls": 4, "break_ms": 60000 }] }
            """);
        await Eventually.BecomesAsync("closed: node-0 closed, node-1 closed", () => SeenAsync(system, 0), Patience);
        await Eventually.BecomesAsync("closed: node-0 closed, node-1 closed", () => SeenAsync(system, 1), Patience);

        // Whichever nodes run the payments: their breakers open.
        await system.TakeProcessorDownAsync(TimeSpan.FromMinutes(10));
        using var client = system.Client(0);
        client.DefaultRequestHeaders.Add("Prefer", "respond-async");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => RunningSystem.PostAsync(
            client, "v1/payments", $"order {i}", new { amount = 1999, currency = "EUR", payment_method = "tok_approve" })));
        await Eventually.BecomesAsync(true, async () => (await SeenAsync(system, 1)).StartsWith("open: ", StringComparison.Ordinal), Patience);
        await Eventually.BecomesAsync(true, async () => await SeenAsync(system, 0) == await SeenAsync(system, 1), Patience);

        await system.ExecuteAsync("DELETE FROM payments.orleans_states");
        await Eventually.BecomesAsync(true, async () => await SeenAsync(system, 0) is var seen && seen.StartsWith("open: node-0 ", StringComparison.Ordinal)
            && seen.Contains(", node-1 ", StringComparison.Ordinal), Patience);
    }

    private static async Task<string> SeenAsync(RunningSystem system, int node)
    {
        using var ann = system.OperatorClient(0, node);
        var gateway = (await ann.GetFromJsonAsync<JsonElement>("v1/admin/gateways")).GetProperty("data")[0];
        return $"{gateway.GetProperty("breaker")}: " + string.Join(", ", gateway.GetProperty("nodes").EnumerateArray().Select(one => $"{one.GetProperty("node")} {one.GetProperty("breaker")}"));
    }
}
