using System.Net;
using System.Text.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Faults;

/// <summary>What every answer says of the money, for every operation and every fault of the processor; and that each ends with one effect (I1, I6).</summary>
public sealed class OutcomeTests : IClassFixture<OneNode>
{
    private readonly RunningSystem system;
    private readonly HttpClient client;

    public OutcomeTests(OneNode node) => (system, client) = (node.System, node.Client);

    public static TheoryData<string, string, string> Faults
    {
        get
        {
            var table = new TheoryData<string, string, string>();
            foreach (var operation in new[] { "charge", "authorize", "capture", "cancel", "refund" })
            {
                table.Add(operation, "{}", "done");
                table.Add(operation, """{"lost_before":1}""", "unknown");
                table.Add(operation, """{"lost_after":1}""", "unknown");
                table.Add(operation, """{"unavailable":1}""", "not_sent");
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Every_answer_says_what_is_known_and_every_operation_ends_with_one_effect(string operation, string faults, string outcome)
    {
        var key = $"{operation} {faults}";
        var (path, body, kind) = await PrepareAsync(operation, key);
        await system.SetFaultsAsync(JsonSerializer.Deserialize<JsonElement>(faults));
        // What may have been sent is unknown from the first moment; that it was turned away at the door is known a moment later.
        var first = await PostAsync(path, key, body, outcome switch { "unknown" => "respond-async", "not_sent" => "wait=1", _ => "wait=20" });
        Assert.Equal(outcome == "done" ? HttpStatusCode.Created : HttpStatusCode.Accepted, first.Status);
        Assert.Equal(outcome, first.Body.GetProperty("outcome").GetString());
        if (faults.Contains("lost_before", StringComparison.Ordinal) && operation is ("capture" or "cancel"))
        {
            await ConflictsAsync(path, key);
        }

        await system.SetFaultsAsync(new { });
        await Eventually.BecomesAsync(
            (HttpStatusCode.Created, "done"),
            async () =>
            {
                var again = await PostAsync(path, key, body, "wait=5");
                return (again.Status, again.Body.GetProperty("outcome").GetString()!);
            },
            TimeSpan.FromSeconds(60));
        var effects = (await system.EffectsAsync()).Where(effect => effect.GetProperty("kind").GetString() == kind).ToArray();
        Assert.Equal(effects.Length, effects.Select(effect => effect.GetProperty("reference").GetString()).Distinct().Count());
        Assert.True((await system.VerifyAsync()) is { Passed: true } report, "the audit finds nothing");
    }

    [Fact]
    public async Task A_decline_is_a_result_of_every_operation()
    {
        var declined = await PostAsync("v1/payments", "no", new { amount = 1000, currency = "EUR", payment_method = "tok_decline_stolen_card", capture = "manual" });
        Assert.Equal((HttpStatusCode.Created, "declined", "declined"), (declined.Status, Text(declined.Body, "status"), Text(declined.Body, "outcome")));
        var authorized = await AuthorizeAsync("yes", 1078);
        var refused = await PostAsync($"v1/payments/{authorized}/captures", "c", new { amount = 78 });
        Assert.Equal((HttpStatusCode.Created, "failed", "declined"), (refused.Status, Text(refused.Body, "status"), Text(refused.Body, "outcome")));
        Assert.Equal(("capture_refused", "authorized"), (Text(refused.Body, "failure_code"), Text(refused.Body, "payment_status")));
        var captured = await PostAsync($"v1/payments/{authorized}/captures", "d", new { amount = 77 });
        Assert.Equal(("succeeded", "succeeded"), (Text(captured.Body, "status"), Text(captured.Body, "payment_status")));
        var refund = await PostAsync($"v1/payments/{authorized}/refunds", "r", new { });
        Assert.Equal(("failed", "refund_refused"), (Text(refund.Body, "status"), Text(refund.Body, "failure_code")));
    }

    [Fact]
    public async Task What_no_longer_fits_is_refused_with_the_current_status()
    {
        var captured = await AuthorizeAsync("done", 1000);
        await PostAsync($"v1/payments/{captured}/captures", "c", new { amount = 400 });
        await RefusedAsync($"v1/payments/{captured}/captures", 409, "payment_not_capturable", "succeeded");
        await RefusedAsync($"v1/payments/{captured}/cancel", 409, "payment_not_cancelable", "succeeded");
        var canceled = await AuthorizeAsync("gone", 1000);
        Assert.Equal("canceled", Text((await PostAsync($"v1/payments/{canceled}/cancel", "c", new { reason = "sold out" })).Body, "payment_status"));
        await RefusedAsync($"v1/payments/{canceled}/captures", 409, "payment_not_capturable", "canceled");
        await RefusedAsync($"v1/payments/{canceled}/cancel", 409, "payment_not_cancelable", "canceled");
        await RefusedAsync($"v1/payments/{canceled}/refunds", 409, "payment_not_refundable", "canceled");
    }

    [Fact]
    public async Task Fifty_parallel_captures_never_take_more_than_was_authorized()
    {
        var payment = await AuthorizeAsync("parallel", 1000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i =>
            PostAsync($"v1/payments/{payment}/captures", $"c {i}", new { amount = 90, final = false })));
        Assert.Equal(11, answers.Count(answer => answer.Status is HttpStatusCode.Created or HttpStatusCode.Accepted));
        Assert.Equal(39, answers.Count(answer => answer.Status == HttpStatusCode.UnprocessableEntity && Text(answer.Body, "code") == "capture_exceeds_authorization"));
        await Eventually.BecomesAsync(("authorized", 990), async () => await GetAsync(payment));
        Assert.True((await system.VerifyAsync()).Passed);
    }

    [Fact]
    public async Task An_authorization_that_expires_at_the_processor_ends_by_itself()
    {
        var made = await PostAsync(
            "v1/payments", "expires", new { amount = 1000, currency = "EUR", payment_method = "tok_authorization_expires", capture = "manual" });
        var id = Text(made.Body, "id");
        Assert.Equal("authorized", Text(made.Body, "status"));
        Assert.NotNull(Text(made.Body, "authorized_until"));
        await Eventually.BecomesAsync(("canceled", 0), async () => await GetAsync(id), TimeSpan.FromSeconds(60));
        Assert.True((await system.VerifyAsync()).Passed);
    }

    private async Task<(string Path, object Body, string Kind)> PrepareAsync(string operation, string key)
    {
        await system.SetFaultsAsync(new { });
        switch (operation)
        {
            case "charge":
                return ("v1/payments", new { amount = 1000, currency = "EUR", payment_method = "tok_approve" }, "charge");
            case "authorize":
                return ("v1/payments", new { amount = 1000, currency = "EUR", payment_method = "tok_approve", capture = "manual" }, "authorization");
            case "capture":
                return ($"v1/payments/{await AuthorizeAsync($"for {key}", 1000)}/captures", new { amount = 600, final = false }, "capture");
            case "cancel":
                return ($"v1/payments/{await AuthorizeAsync($"for {key}", 1000)}/cancel", new { }, "void");
            default:
                var charge = await PostAsync("v1/payments", $"for {key}", new { amount = 1000, currency = "EUR", payment_method = "tok_approve" });
                return ($"v1/payments/{Text(charge.Body, "id")}/refunds", new { amount = 300 }, "refund");
        }
    }

    // While something is in flight whose outcome it depends on, a second one is refused, and may be sent again.
    private async Task ConflictsAsync(string path, string key)
    {
        var payment = path[..path.LastIndexOf('/')];
        var conflict = await PostAsync($"{payment}/cancel", $"other {key}", new { });
        Assert.Equal(HttpStatusCode.Conflict, conflict.Status);
        Assert.Equal(("operation_in_flight", "not_sent", "authorized"), (Text(conflict.Body, "code"), Text(conflict.Body, "outcome"), Text(conflict.Body, "payment_status")));
        Assert.True(conflict.Body.GetProperty("safe_to_retry").GetBoolean());
    }

    private async Task RefusedAsync(string path, int status, string code, string paymentStatus)
    {
        var refused = await PostAsync(path, $"new {code}", new { });
        Assert.Equal((status, code, paymentStatus, "not_sent"), ((int)refused.Status, Text(refused.Body, "code"), Text(refused.Body, "payment_status"), Text(refused.Body, "outcome")));
        Assert.False(refused.Body.GetProperty("safe_to_retry").GetBoolean());
    }

    private async Task<string> AuthorizeAsync(string key, long amount)
    {
        var made = await PostAsync("v1/payments", key, new { amount, currency = "EUR", payment_method = "tok_approve", capture = "manual" });
        Assert.Equal("authorized", Text(made.Body, "status"));
        return Text(made.Body, "id");
    }

    private async Task<(string Status, long Captured)> GetAsync(string payment)
    {
        var body = JsonSerializer.Deserialize<JsonElement>(await client.GetStringAsync($"v1/payments/{payment}"));
        return (Text(body, "status"), body.GetProperty("captured").GetInt64());
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string key, object body, string prefer = "wait=20")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = System.Net.Http.Json.JsonContent.Create(body) };
        request.Headers.Add("Idempotency-Key", key);
        request.Headers.Add("Prefer", prefer);
        using var response = await client.SendAsync(request);
        return (response.StatusCode, JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync()));
    }

    private static string Text(JsonElement body, string name) => body.GetProperty(name).GetString()!;
}

/// <summary>One node with all that it needs, for the tests of one class.</summary>
public sealed class OneNode : IAsyncLifetime
{
    internal RunningSystem System { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        System = await RunningSystem.StartAsync(nodes: 1);
        Client = System.Client(0);
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await System.DisposeAsync();
    }
}
