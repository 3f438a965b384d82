namespace Payments.Tests.Api;

/// <summary>Operators look at breaks, give them to people and end them, once and with a reason.</summary>
public sealed class ReconciliationTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Break = "/v1/reconciliation/breaks/brk_00000000000000000000000000";

    private readonly string key = api.Queries.AddKey(null, "operator");

    [Fact]
    public async Task A_break_ends_once_with_a_reason_and_by_a_resolution_that_fits()
    {
        (await ResolveAsync("a", """{"resolution":"accepted","reason":"It is nothing."}""")).Problem(422, "break_cannot_end_so", "resolution");
        (await ResolveAsync("a", """{"resolution":"write_off"}""")).Problem(400, "field_missing", "reason");
        (await ResolveAsync("a", """{"resolution":"matched","reason":"I know better."}""")).Problem(400, "field_invalid", "resolution");
        var first = await ResolveAsync("b", """{"resolution":"write_off","reason":"Looked into."}""");
        Assert.Equal((201, "resolved", "write_off"), ((int)first.Status, (string?)first.Json["state"], (string?)first.Json["resolution"]));
        Assert.StartsWith("key_", (string?)first.Json["resolved_by"], StringComparison.Ordinal);

        var again = await ResolveAsync("b", """{"resolution":"write_off","reason":"Looked into."}""");
        Assert.Equal((201, "true"), ((int)again.Status, again.Header("Idempotent-Replayed")));
        (await ResolveAsync("b", """{"resolution":"fees","reason":"Looked into."}""")).Problem(422, "idempotency_key_reused", "Idempotency-Key");
        (await ResolveAsync("c", """{"resolution":"write_off","reason":"Looked into."}""")).Problem(409, "break_resolved");
        (await api.SendAsync(HttpMethod.Patch, Break, """{"owner":"Ada"}""", key)).Problem(409, "break_resolved");
    }

    [Fact]
    public async Task The_summary_adds_up_and_is_for_operators()
    {
        var summary = await api.SendAsync(HttpMethod.Get, "/v1/reconciliation/summary?from=2026-03-01T00:00:00Z&to=2026-04-01T00:00:00Z", key: key);
        var line = summary.Json["data"]![0]!;
        Assert.Equal((long)line["closing"]!, (long)line["opening"]! + (long)line["activity"]! - (long)line["settled"]! + (long)line["corrected"]!);
        (await api.SendAsync(HttpMethod.Get, "/v1/reconciliation/summary?from=2026-04-01T00:00:00Z&to=2026-03-01T00:00:00Z", key: key)).Problem(400, "parameter_invalid", "to");
        (await api.SendAsync(HttpMethod.Get, "/v1/reconciliation/breaks?state=lost", key: key)).Problem(400, "parameter_invalid", "state");
        (await api.SendAsync(HttpMethod.Get, "/v1/reconciliation/summary")).Problem(403, "scope_missing");
    }

    private Task<Answer> ResolveAsync(string idempotencyKey, string body) => api.SendAsync(HttpMethod.Post, $"{Break}/resolution", body, key, idempotencyKey: idempotencyKey);
}
