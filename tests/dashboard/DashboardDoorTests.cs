using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Payments.Tests.Api;

namespace Payments.Tests.Dashboard;

/// <summary>Who gets to the dashboard, and by what.</summary>
public sealed class DashboardDoorTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Html = "text/html,application/xhtml+xml,*/*;q=0.8";

    [Fact]
    public async Task An_operator_signs_in_sees_the_dashboard_and_signs_out()
    {
        var key = api.Queries.AddKey(null, "operator");
        var signedIn = await SignInAsync(key);
        Assert.Equal((HttpStatusCode.SeeOther, "/dashboard"), (signedIn.Status, signedIn.Header("Location")));
        var cookie = signedIn.Header("Set-Cookie")!;
        Assert.Contains("; path=/dashboard; samesite=strict; httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(key, cookie, StringComparison.Ordinal);

        var page = await GetAsync("/dashboard", cookie, accept: Html);
        Assert.Equal((200, ApiHost.DashboardText), ((int)page.Status, page.Body));

        var signedOut = await PostAsync("/dashboard/sign-out", cookie);
        Assert.Equal(HttpStatusCode.SeeOther, signedOut.Status);
        Assert.Contains("payments_dashboard=; expires=Thu, 01 Jan 1970", signedOut.Header("Set-Cookie"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Behind_TLS_the_cookie_is_for_TLS_alone()
    {
        var signedIn = await SignInAsync(api.Queries.AddKey(null, "operator"), ("X-Forwarded-Proto", "https"));
        Assert.Contains("; secure", signedIn.Header("Set-Cookie"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_key_in_the_header_opens_it_as_well()
    {
        Assert.Equal(200, (int)(await api.SendAsync(HttpMethod.Get, "/dashboard", key: api.Queries.AddKey(null, "operator"))).Status);
        (await api.SendAsync(HttpMethod.Get, "/dashboard", key: "op_x")).Problem(401, "api_key_invalid");
        (await api.SendAsync(HttpMethod.Get, "/dashboard")).Problem(403, "scope_missing");
    }

    [Fact]
    public async Task Without_a_key_people_get_the_sign_in_page_and_programs_a_problem()
    {
        var page = await GetAsync("/dashboard", accept: Html);
        Assert.Equal((401, "text/html; charset=utf-8"), ((int)page.Status, page.Header("Content-Type")));
        Assert.Contains("<form method=\"post\" action=\"/dashboard/sign-in\">", page.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("role=\"alert\"", page.Body, StringComparison.Ordinal);
        (await GetAsync("/dashboard")).Problem(401, "api_key_missing");
    }

    [Fact]
    public async Task A_wrong_key_and_a_merchants_key_are_refused_with_a_sentence()
    {
        foreach (var wrong in new[] { "", "op_x", "<script>", new string('x', 10_000), Payments.Domain.ApiKeySecret.Create("op", new byte[32]) })
        {
            var refused = await SignInAsync(wrong);
            Assert.Equal((401, null), ((int)refused.Status, refused.Header("Set-Cookie")));
            Assert.Contains("This key is not known, was revoked, or has expired.", refused.Body, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>", refused.Body, StringComparison.Ordinal);
        }

        var merchant = await SignInAsync(api.FullKey);
        Assert.Equal((403, null), ((int)merchant.Status, merchant.Header("Set-Cookie")));
        Assert.Contains("not an operator", merchant.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_form_is_no_key()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/dashboard/sign-in") { Content = new ByteArrayContent([1, 2, 3]) };
        Assert.Equal(401, (int)(await api.SendAsync(request)).Status);
        using var broken = new HttpRequestMessage(HttpMethod.Post, "/dashboard/sign-in") { Content = new ByteArrayContent(new byte[5_000]) };
        broken.Content.Headers.ContentType = new MediaTypeHeaderValue("multipart/form-data");
        Assert.Equal(401, (int)(await api.SendAsync(broken)).Status);
        using var manyFields = new HttpRequestMessage(HttpMethod.Post, "/dashboard/sign-in") { Content = new FormUrlEncodedContent(Enumerable.Range(0, 2_000).Select(i => KeyValuePair.Create($"k{i}", "v"))) };
        Assert.Equal(401, (int)(await api.SendAsync(manyFields)).Status);
    }

    [Fact]
    public async Task A_session_ends_with_its_key_and_after_an_hour()
    {
        var key = api.Queries.AddKey(null, "operator");
        var cookie = (await SignInAsync(key)).Header("Set-Cookie")!;
        api.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(200, (int)(await GetAsync("/dashboard", cookie)).Status);
        api.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(401, (int)(await GetAsync("/dashboard", cookie)).Status);

        cookie = (await SignInAsync(key)).Header("Set-Cookie")!;
        api.Queries.Revoke(key);
        api.Time.Advance(TimeSpan.FromSeconds(5));
        var refused = await GetAsync("/dashboard", cookie, accept: Html);
        Assert.Equal(401, (int)refused.Status);
        Assert.Contains("The session has ended, or its key is not valid any more.", refused.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_that_was_changed_anywhere_is_none()
    {
        var cookie = (await SignInAsync(api.Queries.AddKey(null, "operator"))).Header("Set-Cookie")!.Split(';')[0];
        Assert.Equal(200, (int)(await GetAsync("/dashboard", cookie)).Status);
        var start = cookie.IndexOf('=', StringComparison.Ordinal) + 1;
        for (var i = start; i < cookie.Length; i++)
        {
            var changed = $"{cookie[..i]}{(cookie[i] == 'A' ? 'B' : 'A')}{cookie[(i + 1)..]}";
            Assert.Equal(401, (int)(await GetAsync("/dashboard", changed)).Status);
        }

        foreach (var other in new[] { "", "AAAA", "%", new string('A', cookie.Length - start), new string('!', cookie.Length - start) })
        {
            Assert.Equal(401, (int)(await GetAsync("/dashboard", $"payments_dashboard={other}")).Status);
        }
    }

    [Fact]
    public async Task The_cookie_opens_nothing_but_the_dashboard()
    {
        var cookie = (await SignInAsync(api.Queries.AddKey(null, "operator"))).Header("Set-Cookie")!;
        (await GetAsync("/v1/admin/merchants", cookie)).Problem(401, "api_key_missing");
        (await GetAsync("/v1/ledger/trial_balance", cookie)).Problem(401, "api_key_missing");
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://elsewhere.example")]
    [InlineData("Origin", "null")]
    public async Task Another_sites_page_cannot_sign_anybody_in_or_out(string header, string value)
    {
        var key = api.Queries.AddKey(null, "operator");
        var refused = await SignInAsync(key, (header, value));
        Assert.Equal((403, null), ((int)refused.Status, refused.Header("Set-Cookie")));
        var cookie = (await SignInAsync(key)).Header("Set-Cookie")!;
        Assert.Equal(403, (int)(await PostAsync("/dashboard/sign-out", cookie, (header, value))).Status);
    }

    [Fact]
    public async Task Our_own_page_can()
    {
        var key = api.Queries.AddKey(null, "operator");
        Assert.Equal(303, (int)(await SignInAsync(key, ("Sec-Fetch-Site", "same-origin"))).Status);
        Assert.Equal(303, (int)(await SignInAsync(key, ("Origin", $"https://{api.Address.Authority}"))).Status);
    }

    [Fact]
    public async Task Nothing_of_it_is_kept_framed_or_run_that_is_not_ours()
    {
        var cookie = (await SignInAsync(api.Queries.AddKey(null, "operator"))).Header("Set-Cookie")!;
        foreach (var answer in new[] { await GetAsync("/dashboard", accept: Html), await GetAsync("/dashboard", cookie), await SignInAsync("op_x") })
        {
            Assert.StartsWith(
                "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'", answer.Header("Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Equal(("no-store", "nosniff", "DENY"), (answer.Header("Cache-Control"), answer.Header("X-Content-Type-Options"), answer.Header("X-Frame-Options")));
        }
    }

    [Fact]
    public void Every_address_under_it_but_the_door_is_behind_it()
    {
        var open = api.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.Contains("dashboard", StringComparison.OrdinalIgnoreCase))
            .Where(endpoint => !endpoint.Metadata.Any(note => note.ToString()!.Contains("IsOpen = False", StringComparison.Ordinal)));
        Assert.Equal(["/dashboard/sign-in", "/dashboard/sign-out"], open.Select(endpoint => endpoint.RoutePattern.RawText).Order());
    }

    private Task<Answer> GetAsync(string path, string? cookie = null, string? accept = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return SendAsync(request, cookie);
    }

    private Task<Answer> SignInAsync(string key, params (string Name, string Value)[] headers) =>
        SendAsync(Post("/dashboard/sign-in", headers, new() { ["key"] = key }), null);

    private Task<Answer> PostAsync(string path, string cookie, params (string Name, string Value)[] headers) => SendAsync(Post(path, headers, []), cookie);

    private static HttpRequestMessage Post(string path, (string Name, string Value)[] headers, Dictionary<string, string> fields)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return request;
    }

    private async Task<Answer> SendAsync(HttpRequestMessage request, string? cookie)
    {
        using (request)
        {
            if (cookie is not null)
            {
                request.Headers.TryAddWithoutValidation("Cookie", cookie.Split(';')[0]);
            }

            return await api.SendAsync(request);
        }
    }
}
