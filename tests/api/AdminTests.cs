using Payments.Domain;

namespace Payments.Tests.Api;

/// <summary>Merchants and keys over HTTP, for operators alone.</summary>
public sealed class AdminTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Absent = "mer_zzzzzzzzzzzzzzzzzzzzzzzzzz";
    private readonly string operatorKey = api.Queries.AddKey(null, "operator");

    [Fact]
    public async Task A_merchant_is_made_once_whatever_became_of_it_since()
    {
        const string body = """{"name":"Shop","fee_basis_points":100}""";
        var made = await SendAsync(HttpMethod.Post, "merchants", body, "shop-1");
        Assert.Equal((201, null), ((int)made.Status, made.Header("Idempotent-Replayed")));
        var id = (string)made.Json["id"]!;
        Assert.Equal($"/v1/admin/merchants/{id}", made.Header("Location"));
        Assert.Equal(("test", 100, 0, false), ((string)made.Json["mode"]!, (int)made.Json["fee_basis_points"]!, (int)made.Json["fee_fixed"]!, (bool)made.Json["fee_returned_on_refund"]!));

        var changed = await SendAsync(HttpMethod.Patch, $"merchants/{id}", """{"fee_fixed":25,"fee_returned_on_refund":true}""");
        Assert.Equal(("Shop", 100, 25, true), ((string)changed.Json["name"]!, (int)changed.Json["fee_basis_points"]!, (int)changed.Json["fee_fixed"]!, (bool)changed.Json["fee_returned_on_refund"]!));
        var again = await SendAsync(HttpMethod.Post, "merchants", """{"name":"Shop","fee_basis_points":100,"mode":"test"}""", "shop-1");
        Assert.Equal((changed.Body, "true"), (again.Body, again.Header("Idempotent-Replayed")));
        (await SendAsync(HttpMethod.Post, "merchants", """{"name":"Other"}""", "shop-1")).Problem(422, "idempotency_key_reused", "Idempotency-Key");
        Assert.Equal(changed.Body, (await SendAsync(HttpMethod.Get, $"merchants/{id}")).Body);
    }

    [Fact]
    public async Task A_processor_is_shown_as_its_worst_node_sees_it_and_as_unknown_while_nobody_tells()
    {
        static Payments.Grains.GatewayReport Of(string node, string breaker, int inFlight) => new()
        {
            Node = node,
            Breaker = breaker,
            Since = DateTimeOffset.UnixEpoch,
            InFlight = inFlight,
            TurnedAway = 1,
            HeardAt = DateTimeOffset.UnixEpoch,
        };
        api.Grains.Gateways = () => [Of("node-0", "closed", 2), Of("node-1", "half_open", 3)];
        var seen = (await SendAsync(HttpMethod.Get, "gateways")).Json["data"]![0]!;
        Assert.Equal(("half_open", 5, 2, "node-1"), ((string)seen["breaker"]!, (int)seen["in_flight"]!, (int)seen["turned_away"]!, (string)seen["nodes"]![1]!["node"]!));

        api.Grains.Gateways = () => throw new TimeoutException();
        var unseen = (await SendAsync(HttpMethod.Get, "gateways")).Json["data"]![0]!;
        Assert.Equal(("simulator", "unknown", 0), ((string)unseen["name"]!, (string)unseen["breaker"]!, unseen["nodes"]!.AsArray().Count));
    }

    [Fact]
    public async Task A_key_shows_its_secret_once_and_is_rotated_and_revoked()
    {
        var merchant = (string)(await SendAsync(HttpMethod.Post, "merchants", """{"name":"Shop"}""", "shop-2")).Json["id"]!;
        var body = $$"""{"merchant":"{{merchant}}","scopes":["read","ledger"]}""";
        var made = await SendAsync(HttpMethod.Post, "keys", body, "key-1");
        Assert.StartsWith("sk_test_", (string?)made.Json["secret"], StringComparison.Ordinal);
        var again = await SendAsync(HttpMethod.Post, "keys", body, "key-1");
        Assert.Equal((201, "true", null), ((int)again.Status, again.Header("Idempotent-Replayed"), (string?)again.Json["secret"]));
        (await SendAsync(HttpMethod.Post, "keys", body.Replace("ledger", "write", StringComparison.Ordinal), "key-1")).Problem(422, "idempotency_key_reused", "Idempotency-Key");

        var id = (string)made.Json["id"]!;
        var rotated = await SendAsync(HttpMethod.Post, $"keys/{id}/rotate", """{"grace_seconds":60}""", "key-1");
        Assert.NotNull((string?)rotated.Json["secret"]);
        Assert.NotNull((string?)(await SendAsync(HttpMethod.Get, $"keys/{id}")).Json["expires_at"]);
        Assert.Null((string?)(await SendAsync(HttpMethod.Post, $"keys/{id}/rotate", """{"grace_seconds":60}""", "key-1")).Json["secret"]);
        (await SendAsync(HttpMethod.Post, $"keys/{id}/rotate", "{}", "key-3")).Problem(409, "key_not_rotatable");

        Assert.NotNull((string?)(await SendAsync(HttpMethod.Delete, $"keys/{id}")).Json["revoked_at"]);
        var list = await SendAsync(HttpMethod.Get, $"keys?merchant={merchant}");
        Assert.Equal(2, list.Json["data"]!.AsArray().Count);
        Assert.All(list.Json["data"]!.AsArray(), key => Assert.Null((string?)key!["secret"]));
    }

    [Fact]
    public async Task Lists_go_on_by_their_cursors()
    {
        await SendAsync(HttpMethod.Post, "merchants", """{"name":"One"}""", "one");
        await SendAsync(HttpMethod.Post, "merchants", """{"name":"Two"}""", "two");
        var first = await SendAsync(HttpMethod.Get, "merchants?limit=1");
        var second = await SendAsync(HttpMethod.Get, $"merchants?limit=1&cursor={first.Json["next_cursor"]}");
        Assert.NotEqual((string?)first.Json["data"]![0]!["id"], (string?)second.Json["data"]![0]!["id"]);
        (await SendAsync(HttpMethod.Get, $"keys?cursor={first.Json["next_cursor"]}")).Problem(400, "cursor_invalid", "cursor");
    }

    [Fact]
    public async Task An_operators_own_keys_are_not_here()
    {
        var id = Guid.NewGuid();
        api.Merchants.Keys[id] = new(id, null, "mine", ["operator"], "hint", default, null, null, null, null);
        var path = $"keys/{Ids.Format("key", id)}";
        (await SendAsync(HttpMethod.Get, path)).Problem(404, "key_not_found");
        (await SendAsync(HttpMethod.Delete, path)).Problem(404, "key_not_found");
        (await SendAsync(HttpMethod.Post, $"{path}/rotate", "{}", "rotate")).Problem(404, "key_not_found");
        Assert.DoesNotContain("mine", (await SendAsync(HttpMethod.Get, "keys?limit=100")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("merchants", """{}""", "field_missing", "name")]
    [InlineData("merchants", """{"name":""}""", "field_invalid", "name")]
    [InlineData("merchants", """{"name":"x","mode":"real"}""", "field_invalid", "mode")]
    [InlineData("merchants", """{"name":"x","fee_basis_points":10001}""", "field_invalid", "fee_basis_points")]
    [InlineData("merchants", """{"name":"x","fee_basis_points":1.5}""", "field_invalid", "fee_basis_points")]
    [InlineData("merchants", """{"name":"x","fee_fixed":-1}""", "field_invalid", "fee_fixed")]
    [InlineData("merchants", """{"name":"x","fee_returned_on_refund":"yes"}""", "field_invalid", "fee_returned_on_refund")]
    [InlineData("keys", """{"scopes":["read"]}""", "field_missing", "merchant")]
    [InlineData("keys", """{"merchant":"mer_x"}""", "field_missing", "scopes")]
    [InlineData("keys", """{"merchant":"mer_x","scopes":[]}""", "field_invalid", "scopes")]
    [InlineData("keys", """{"merchant":"mer_x","scopes":["operator"]}""", "field_invalid", "scopes")]
    [InlineData("keys", """{"merchant":"mer_x","scopes":["read","read"]}""", "field_invalid", "scopes")]
    [InlineData("keys", """{"merchant":"mer_x","scopes":"read"}""", "field_invalid", "scopes")]
    [InlineData("keys/key_00000000000000000000000000/rotate", """{"grace_seconds":-1}""", "field_invalid", "grace_seconds")]
    public async Task Wrong_bodies_are_named(string path, string body, string code, string field) =>
        (await SendAsync(HttpMethod.Post, path, body, "wrong")).Problem(400, code, field);

    [Fact]
    public async Task What_is_absent_is_not_found()
    {
        (await SendAsync(HttpMethod.Get, $"merchants/{Absent}")).Problem(404, "merchant_not_found");
        (await SendAsync(HttpMethod.Patch, $"merchants/{Absent}", "{}")).Problem(404, "merchant_not_found");
        (await SendAsync(HttpMethod.Get, "merchants/' OR 1=1")).Problem(404, "merchant_not_found");
        (await SendAsync(HttpMethod.Post, "keys", $$"""{"merchant":"{{Absent}}","scopes":["read"]}""", "absent")).Problem(404, "merchant_not_found");
        (await SendAsync(HttpMethod.Get, "keys/nonsense")).Problem(404, "key_not_found");
    }

    [Theory]
    [InlineData("GET", "merchants")]
    [InlineData("POST", "merchants")]
    [InlineData("PATCH", "merchants/mer_zzzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("GET", "keys")]
    [InlineData("POST", "keys")]
    [InlineData("DELETE", "keys/key_00000000000000000000000000")]
    public async Task No_merchants_key_gets_here(string method, string path) =>
        (await api.SendAsync(new HttpMethod(method), $"/v1/admin/{path}", "{}", api.Queries.AddKey(ApiHost.Merchant, "read", "write", "ledger", "operator"), "k"))
            .Problem(403, "scope_missing");

    private Task<Answer> SendAsync(HttpMethod method, string path, string? body = null, string? idempotencyKey = null) =>
        api.SendAsync(method, $"/v1/admin/{path}", body, operatorKey, idempotencyKey);
}
