using System.Net;
using System.Net.Http.Json;
using Payments.Tests.Support;

namespace Payments.Tests.Telemetry;

/// <summary>Traces of real nodes, as they arrive at whoever collects them.</summary>
public sealed class TraceTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Fact]
    public async Task The_trace_of_a_charge_goes_from_the_client_through_grains_and_commits_to_the_processor()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var system = await RunningSystem.StartAsync(nodes: 1, environment: collector.Environment);
        using var client = Traced(system.Client(0));
        var (status, _, _) = await RunningSystem.PostAsync(client, "v1/payments", "order 1", new { amount = 1999, currency = "EUR", payment_method = "tok_approve" });
        Assert.Equal(HttpStatusCode.Created, status);

        var request = await collector.FindAsync(span => span is { TraceId: Trace, Scope: "Microsoft.AspNetCore", Name: "POST /v1/payments/" });
        var charge = await collector.FindAsync(span => span is { TraceId: Trace, Scope: "Microsoft.Orleans.Application", Name: "IPaymentGrain/ChargeAsync" });
        var intent = await collector.FindAsync(span => span is { TraceId: Trace, Scope: "Payments.Commits", Name: "commit charge_claimed" });
        var call = await collector.FindAsync(span => span is { TraceId: Trace, Scope: "Payments.Gateways", Name: "charge simulator" });
        var http = await collector.FindAsync(span => span is { TraceId: Trace, Scope: "System.Net.Http" });
        var ledger = await collector.FindAsync(span => span is { TraceId: Trace, Name: "ILedgerCommits/CommitAsync" });
        var outcome = await collector.FindAsync(span => span is { TraceId: Trace, Scope: "Payments.Commits", Name: "commit approved" });
        foreach (var (inner, outer) in new[] { (charge, request), (intent, charge), (call, charge), (http, call), (outcome, ledger), (ledger, charge) })
        {
            Assert.True(IsWithin(inner, outer), $"{inner.Name} is not within {outer.Name}");
        }

        await collector.FindAsync(span => span is { Name: "commit batch" } && span.TraceId != Trace && span.Links.Contains(Trace));

        bool IsWithin(Span inner, Span outer)
        {
            for (var span = inner; span is not null; span = collector.Spans.FirstOrDefault(one => one.Id == span.Parent))
            {
                if (span == outer)
                {
                    return true;
                }
            }

            return false;
        }
    }

    [Fact]
    public async Task What_is_tried_again_after_a_crash_links_to_the_request_that_asked_for_it()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var system = await RunningSystem.StartAsync(nodes: 1, RunningSystem.Impatient, collector.Environment);
        await system.TakeProcessorDownAsync(TimeSpan.FromMinutes(1));
        using (var client = Traced(system.Client(0)))
        {
            client.DefaultRequestHeaders.Add("Prefer", "respond-async");
            var (status, _, _) = await RunningSystem.PostAsync(client, "v1/payments", "order 1", new { amount = 1999, currency = "EUR", payment_method = "tok_approve" });
            Assert.Equal(HttpStatusCode.Accepted, status);
        }

        await system.KillNodeAsync(0);
        await system.StartNodeAsync(0);
        var retry = await collector.FindAsync(span => span is { Scope: "Payments.Grains", Name: "retry" } && span.Links.Contains(Trace));
        Assert.NotEqual(Trace, retry.TraceId);
        await collector.FindAsync(span => span.Scope == "Payments.Gateways" && span.TraceId == retry.TraceId);
    }

    [Fact]
    public async Task What_is_tried_again_of_a_payout_links_to_the_request_that_asked_for_it()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var system = await RunningSystem.StartAsync(nodes: 1, """
            { "gateways": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR" }],
              "banks": [{ "name": "simulator", "connector": "simulator", "mode": "test", "url": "SIMULATOR", "timeout_ms": 1000, "retries_ms": [100, 300, 1000] }] }
            """, collector.Environment);
        using var client = Traced(system.Client(0));
        using (var ann = system.OperatorClient(0))
        {
            using var untraced = system.Client(0);
            await RunningSystem.PostAsync(untraced, "v1/payments", "sale", new { amount = 100_000, currency = "EUR", payment_method = "tok_approve" });
            using var set = await ann.PutAsJsonAsync(
                $"v1/admin/merchants/{RunningSystem.MerchantId}/payout-settings/EUR",
                new { schedule = "manual", minimum = 100, delay_days = 0, reserve = 0, destination = "DE89370400440532013000", holder = "Corner Shop GmbH" });
            Assert.Equal(HttpStatusCode.OK, set.StatusCode);
        }

        await system.TakeProcessorDownAsync(TimeSpan.FromMinutes(10));
        var (status, _, _) = await RunningSystem.PostAsync(client, "v1/payouts", "p1", new { amount = 1_000, currency = "EUR" });
        Assert.Equal(HttpStatusCode.Created, status);
        await system.KillNodeAsync(0);
        await system.StartNodeAsync(0);
        var retry = await collector.FindAsync(span => span is { Scope: "Payments.Grains", Name: "retry" } && span.Links.Contains(Trace));
        Assert.NotEqual(Trace, retry.TraceId);
        await collector.FindAsync(span => span.Scope == "System.Net.Http" && span.TraceId == retry.TraceId);
    }

    private static HttpClient Traced(HttpClient client)
    {
        client.DefaultRequestHeaders.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        return client;
    }
}
