using System.Net;
using System.Security.Cryptography;
using System.Text;
using Payments.Domain;

namespace Payments.Tests.Api;

/// <summary>The door for what processors tell by themselves: who is let in, and what is stored before anybody is answered.</summary>
public sealed class WebhookTests(ApiHost api) : IClassFixture<ApiHost>
{
    private const string Path = "/v1/gateways/simulator/webhooks";
    private static readonly string Reference = Ids.ProcessorReference(Guid.Parse("11111111-2222-3333-4444-555555555555"));
    private static readonly string Body =
        $$"""{"type":"operation.decided","operation":{"id":"ch_1","kind":"charge","reference":"{{Reference}}","status":"approved","amount":1999,"currency":"EUR"} }""";

    [Fact]
    public async Task A_signed_event_is_stored_as_it_came_before_it_is_answered_and_known_when_it_comes_again()
    {
        var first = await SendAsync(Signed("evt_1", Body));
        Assert.Equal((HttpStatusCode.OK, "received"), (first.Status, (string?)first.Json["status"]));
        var (received, body) = api.Evidence.Received[new("simulator", "evt_1")];
        Assert.Equal(Body, Encoding.UTF8.GetString(body));
        Assert.Equal(
            ("approved", "simulator", "ch_1", 1999L, "EUR"),
            (received.News.Kind, received.News.Gateway, received.News.Reference, received.News.Amount!.Value, received.News.Currency));
        Assert.Equal("known", (string?)(await SendAsync(Signed("evt_1", Body))).Json["status"]);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_not_answered_as_if_it_were()
    {
        api.Evidence.Failure = new TimeoutException();
        try
        {
            (await SendAsync(Signed("evt_lost", Body))).Problem(503, "unavailable", safeToRetry: true);
        }
        finally
        {
            api.Evidence.Failure = null;
        }

        Assert.DoesNotContain(new("simulator", "evt_lost"), api.Evidence.Received.Keys);
    }

    [Theory]
    [InlineData("signature_missing", "no signature")]
    [InlineData("signature_invalid", "another body")]
    [InlineData("signature_invalid", "another id")]
    [InlineData("signature_invalid", "another time")]
    [InlineData("signature_invalid", "another secret")]
    [InlineData("signature_invalid", "any text for a signature")]
    [InlineData("timestamp_outside_tolerance", "six minutes ago")]
    [InlineData("timestamp_outside_tolerance", "in six minutes")]
    [InlineData("body_unreadable", "no JSON")]
    public async Task What_the_processor_did_not_send_or_not_now_is_refused_and_leaves_nothing(string code, string what)
    {
        var request = what switch
        {
            "another secret" => Signed("evt_2", Body, "whsec_" + Convert.ToBase64String(new byte[32])),
            "six minutes ago" => Signed("evt_2", Body, age: TimeSpan.FromMinutes(6)),
            "in six minutes" => Signed("evt_2", Body, age: -TimeSpan.FromMinutes(6)),
            "no JSON" => Signed("evt_2", "charge approved"),
            _ => Signed("evt_2", Body),
        };
        switch (what)
        {
            case "no signature":
                request.Headers.Remove("webhook-signature");
                break;
            case "another body":
                request.Content = new StringContent(Body.Replace("1999", "1998", StringComparison.Ordinal));
                break;
            case "another id":
                Replace(request, "webhook-id", "evt_3");
                break;
            case "another time":
                Replace(request, "webhook-timestamp", $"{api.Time.GetUtcNow().ToUnixTimeSeconds() + 1}");
                break;
            case "any text for a signature":
                Replace(request, "webhook-signature", "v1,true");
                break;
        }

        (await SendAsync(request)).Problem(400, code);
        Assert.DoesNotContain(new("simulator", "evt_2"), api.Evidence.Received.Keys);
    }

    [Fact]
    public async Task Either_of_two_secrets_will_do_while_one_is_replaced()
    {
        var next = "whsec_" + Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());
        api.Evidence.Readers["rotating"] = new Payments.Gateways.Connectors.Simulator.SimulatorWebhooks([FakeEvidence.Secret, next]);
        foreach (var secret in new[] { FakeEvidence.Secret, next })
        {
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(Signed($"evt {secret[^5..]}", Body, secret), "/v1/gateways/rotating/webhooks")).Status);
        }

        // Signed with both, as a processor does meanwhile.
        var both = Signed("evt_both", Body, next);
        Replace(both, "webhook-signature", $"v1,{Convert.ToBase64String(new byte[32])} {both.Headers.GetValues("webhook-signature").Single()}");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(both, "/v1/gateways/rotating/webhooks")).Status);
    }

    [Fact]
    public async Task Events_about_something_else_are_taken_and_settled()
    {
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Signed("evt_else", """{"type":"customer.updated"}"""))).Status);
        Assert.Equal(Payments.Storage.InboxState.NothingNew, api.Evidence.Received[new("simulator", "evt_else")].Event.State);
    }

    [Fact]
    public async Task A_processor_that_is_not_configured_and_a_body_that_is_too_large_are_refused()
    {
        (await SendAsync(Signed("evt_4", Body), "/v1/gateways/nobody/webhooks")).Problem(404, "gateway_not_found");
        // Asked before the body is sent: a connection that is closed while it still comes may take the answer with it.
        var tooLarge = Signed("evt_4", new string('x', 300_000));
        tooLarge.Headers.ExpectContinue = true;
        (await SendAsync(tooLarge)).Problem(413, "body_too_large");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Signed("evt_large", Body[..^1] + $",\"more\":\"{new string('x', 200_000)}\"}}"))).Status);
    }

    private HttpRequestMessage Signed(string id, string body, string secret = FakeEvidence.Secret, TimeSpan age = default)
    {
        var timestamp = (api.Time.GetUtcNow() - age).ToUnixTimeSeconds();
        var signature = HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}"));
        var request = new HttpRequestMessage { Method = HttpMethod.Post, Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", $"{timestamp}");
        request.Headers.Add("webhook-signature", $"v1,{Convert.ToBase64String(signature)}");
        return request;
    }

    private Task<Answer> SendAsync(HttpRequestMessage request, string path = Path)
    {
        request.RequestUri = new Uri(api.Address, path);
        return api.SendAsync(request);
    }

    private static void Replace(HttpRequestMessage request, string header, string value)
    {
        request.Headers.Remove(header);
        request.Headers.Add(header, value);
    }
}
