using Payments.Domain;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>Lists of payments, and the cursors that lead through them.</summary>
public sealed class ListTests(ApiHost api) : IClassFixture<ApiHost>
{
    [Fact]
    public async Task A_page_goes_on_where_the_one_before_it_ended()
    {
        Store(3);
        var first = await api.SendAsync(HttpMethod.Get, "/v1/payments?limit=2&status=succeeded&reference=order-1&amount=1999&customer=c&created_from=2026-01-01T00:00:00Z&created_to=2026-01-02T00:00:00.5Z");
        Assert.Equal(200, (int)first.Status);
        Assert.Equal(2, first.Json["data"]!.AsArray().Count);
        Assert.True((bool?)first.Json["has_more"]);
        var filter = new PaymentFilter(
            "succeeded", new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new(2026, 1, 2, 0, 0, 0, 500, TimeSpan.Zero), "order-1", 1999, "c");
        Assert.Equal((ApiHost.Merchant, filter, null, 3), api.Queries.PaymentsAsked);

        Assert.True(Ids.TryParse("pay", (string?)first.Json["data"]![1]!["id"], out var last));
        await api.SendAsync(HttpMethod.Get, $"/v1/payments?limit=2&status=succeeded&reference=order-1&amount=1999&customer=c&created_from=2026-01-01T00:00:00Z&created_to=2026-01-02T00:00:00.5Z&cursor={first.Json["next_cursor"]}");
        Assert.Equal((ApiHost.Merchant, filter, new PaymentPlace(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), last), 3), api.Queries.PaymentsAsked);
        Assert.Empty(api.Grains.Activated);
    }

    [Fact]
    public async Task The_last_page_has_no_cursor()
    {
        Store(2);
        var page = await api.SendAsync(HttpMethod.Get, "/v1/payments?limit=2");
        Assert.False((bool?)page.Json["has_more"]);
        Assert.Null((string?)page.Json["next_cursor"]);
    }

    [Fact]
    public async Task A_cursor_that_was_changed_or_is_another_lists_is_refused()
    {
        Store(2);
        var cursor = (string)(await api.SendAsync(HttpMethod.Get, "/v1/payments?limit=1")).Json["next_cursor"]!;
        Assert.Equal(200, (int)(await api.SendAsync(HttpMethod.Get, $"/v1/payments?limit=7&cursor={cursor}")).Status);
        for (var i = 0; i < cursor.Length; i++)
        {
            var changed = cursor[..i] + (cursor[i] == 'A' ? 'B' : 'A') + cursor[(i + 1)..];
            (await api.SendAsync(HttpMethod.Get, $"/v1/payments?cursor={changed}")).Problem(400, "cursor_invalid", "cursor");
        }

        (await api.SendAsync(HttpMethod.Get, $"/v1/payments?status=declined&cursor={cursor}")).Problem(400, "cursor_invalid", "cursor");
        (await api.SendAsync(HttpMethod.Get, $"/v1/ledger/accounts?cursor={cursor}")).Problem(400, "cursor_invalid", "cursor");
        var stranger = api.Queries.AddKey(ApiHost.OtherMerchant, "read");
        (await api.SendAsync(HttpMethod.Get, $"/v1/payments?cursor={cursor}", key: stranger)).Problem(400, "cursor_invalid", "cursor");
    }

    [Fact]
    public async Task A_cursor_is_good_for_a_day()
    {
        Store(2);
        var cursor = (string)(await api.SendAsync(HttpMethod.Get, "/v1/payments?limit=1")).Json["next_cursor"]!;
        api.Time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(200, (int)(await api.SendAsync(HttpMethod.Get, $"/v1/payments?cursor={cursor}")).Status);
        api.Time.Advance(TimeSpan.FromSeconds(1));
        (await api.SendAsync(HttpMethod.Get, $"/v1/payments?cursor={cursor}")).Problem(400, "cursor_expired", "cursor");
    }

    private void Store(int count)
    {
        api.Grains.Reset();
        api.Queries.Payments.Clear();
        foreach (var id in Enumerable.Range(0, count).Select(i => ApiHost.PaymentId($"listed {i}")))
        {
            api.Queries.Payments[(ApiHost.Merchant, id)] = Samples.Payment(id);
        }
    }
}
