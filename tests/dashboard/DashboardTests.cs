using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using Payments.Domain;
using Payments.Tests.Support;
#if ORLEANS
using Payments.Tests.Engines;
#endif

namespace Payments.Tests.Dashboard;

/// <summary>The dashboard as operators see it: a real browser in front of a real node.</summary>
public sealed class DashboardTests
{
    [BrowserFact]
    public async Task An_operator_signs_in_with_a_browser_and_sees_what_the_grains_do_until_the_key_is_revoked()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2);
        await using var browser = await Browser.OpenAsync();
        var page = browser.Page;

        var first = await page.GotoAsync($"{system.Addresses[0]}dashboard");
        Assert.Equal(401, first!.Status);
        await PictureAsync(page, "sign-in");
        await SignInAsync(page, $"op_{new string('0', 52)}");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("This key is not known, was revoked, or has expired.");
        await SignInAsync(page, system.SecretKey);
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not an operator");

        await SignInAsync(page, system.OperatorKeys[0]);
        await SeesGrainsAsync(page, system);
        await PictureAsync(page, "dashboard");
        Assert.Empty(browser.Complaints);

        // The other node knows the session too: cookies do not tell ports apart.
        var other = await page.GotoAsync($"{system.Addresses[1]}dashboard");
        Assert.Equal(200, other!.Status);

        await system.ExecuteAsync($"UPDATE payments.api_keys SET revoked_at = now() WHERE hash = decode('{Convert.ToHexString(ApiKeySecret.Hash(system.OperatorKeys[0]))}', 'hex')");
        await Eventually.BecomesAsync(401, async () => (await page.GotoAsync($"{system.Addresses[0]}dashboard"))!.Status);
        await Assertions.Expect(page.GetByLabel("Operator key")).ToBeVisibleAsync();
    }

    private static async Task SignInAsync(IPage page, string key)
    {
        await page.GetByLabel("Operator key").FillAsync(key);
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
    }

    // What waits for its merchant is in memory for a while; what is at its end is not.
    private static async Task AuthorizeAsync(RunningSystem system, int payments)
    {
        using var client = system.Client(0);
        var answers = await Task.WhenAll(Enumerable.Range(0, payments).Select(i => RunningSystem.PostAsync(
            client, "v1/payments", $"order {i}", new { amount = 1000, currency = "EUR", payment_method = "tok_approve", capture = "manual" })));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.Created, answer.Status));
    }

    // For the eye: where a folder is named, every run leaves pictures there.
    private static Task PictureAsync(IPage page, string name) => Environment.GetEnvironmentVariable("PAYMENTS_TEST_PICTURES") is { Length: > 0 } folder
        ? page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png") })
        : Task.CompletedTask;

#if EMBEDDED
    // The page renews itself: nobody clicks, and it says what the payments did.
    private static async Task SeesGrainsAsync(IPage page, RunningSystem system)
    {
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Name = "node-0" })).ToBeVisibleAsync();
        var payments = page.GetByRole(AriaRole.Row).Filter(new() { Has = page.GetByRole(AriaRole.Cell, new() { Name = "payment", Exact = true }) });
        await Assertions.Expect(payments.GetByRole(AriaRole.Cell).Nth(1)).ToHaveTextAsync("0");
        await AuthorizeAsync(system, 50);
        await Assertions.Expect(payments.GetByRole(AriaRole.Cell).Nth(1)).ToHaveTextAsync("50");
    }

    [Fact]
    public async Task The_same_as_JSON()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 1);
        await AuthorizeAsync(system, 20);
        using var client = system.OperatorClient(0);
        var stats = JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync(new Uri("dashboard/stats.json", UriKind.Relative)));
        Assert.Equal("node-0", stats.GetProperty("node").GetString());
        var grains = stats.GetProperty("grains").EnumerateArray().ToDictionary(grain => grain.GetProperty("name").GetString()!);
        var payment = grains["payment"];
        Assert.Equal((20, true), (payment.GetProperty("activations").GetInt32(), payment.GetProperty("turns").GetInt64() >= 60));
        Assert.True(payment.GetProperty("turns_per_second").GetDouble() > 0);
        Assert.InRange(payment.GetProperty("average_turn_ms").GetDouble(), 0.0001, payment.GetProperty("longest_turn_ms").GetDouble());
        Assert.Equal(
            (4L, true), (grains["recovery"].GetProperty("reminders").GetInt64(), grains["recovery"].GetProperty("next_reminder_at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch));
        Assert.Equal(0, stats.GetProperty("longest_queue").GetInt32());
    }
#else
    // The Orleans Dashboard draws itself from its own addresses, all of which stand behind the same door.
    private static async Task SeesGrainsAsync(IPage page, RunningSystem system)
    {
        await Assertions.Expect(page.GetByText("Total Activations").First).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await AuthorizeAsync(system, 50);
        await page.GotoAsync($"{system.Addresses[0]}dashboard/#/grains");
        await Assertions.Expect(page.GetByRole(AriaRole.Link, new() { Name = "PaymentGrain", Exact = true })).ToBeVisibleAsync(new() { Timeout = 30_000 });
    }

    [Fact]
    public async Task Its_data_is_that_of_the_whole_cluster_and_is_for_operators_alone()
    {
        await using var system = await RunningSystem.StartAsync(nodes: 2);
        foreach (var path in new[] { "DashboardCounters", "Reminders", "GrainTypes", "index.min.js", "version" })
        {
            using var merchant = system.Client(0);
            using var refused = await merchant.GetAsync(new Uri($"dashboard/{path}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        // A front end shows the same as a node.
        using var frontEnd = await FrontEnd.StartAsync(system);
        await AuthorizeAsync(system, 20);
        await ShowsBothNodesAsync(system.OperatorClient(0));
        await ShowsBothNodesAsync(new() { BaseAddress = frontEnd.Address, DefaultRequestHeaders = { Authorization = new("Bearer", system.OperatorKeys[1]) } });
    }

    private static async Task ShowsBothNodesAsync(HttpClient client)
    {
        using var ends = client;
        await Eventually.BecomesAsync((2, true), async () =>
        {
            var counters = JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync(new Uri("dashboard/DashboardCounters", UriKind.Relative)));
            var grains = counters.GetProperty("simpleGrainStats").EnumerateArray()
                .Where(grain => grain.GetProperty("grainType").GetString() == "Payments.Grains.PaymentGrain").Sum(grain => grain.GetProperty("activationCount").GetInt32());
            return (counters.GetProperty("hosts").GetArrayLength(), grains > 0);
        });
    }
#endif
}
