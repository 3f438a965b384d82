using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Engines;

/// <summary>A front end calls no processor; it tells what the nodes say of them, and that nobody says anything when they are away.</summary>
public sealed class GatewayStatesTests
{
    [Fact]
    public async Task A_front_end_tells_how_the_nodes_see_the_processors()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2);
        using var frontEnd = await FrontEnd.StartAsync(system);
        using var ann = frontEnd.Client();
        ann.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", system.OperatorKeys[0]);
        await Eventually.BecomesAsync("closed: node-0 node-1", SeenAsync, TimeSpan.FromSeconds(60));

        await system.KillNodeAsync(0);
        await system.KillNodeAsync(1);
        await Eventually.BecomesAsync("unknown: ", SeenAsync, TimeSpan.FromSeconds(60));
        using var answer = await ann.PatchAsJsonAsync("v1/admin/gateways/simulator", new { drained = true });
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}"); // it takes the database alone

        async Task<string> SeenAsync()
        {
            var gateway = (await ann.GetFromJsonAsync<JsonElement>("v1/admin/gateways")).GetProperty("data")[0];
            return $"{gateway.GetProperty("breaker")}: " + string.Join(' ', gateway.GetProperty("nodes").EnumerateArray().Select(node => $"{node.GetProperty("node")}"));
        }
    }
}
