using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Payments.Tests.Support;

namespace Payments.Tests.Telemetry;

/// <param name="Scope">The name of the source.</param>
/// <param name="Links">The traces that it links to.</param>
internal sealed record Span(string Scope, string Name, string TraceId, string Id, string Parent, IReadOnlyList<string> Links);

/// <summary>Takes what programs export over OTLP (http/protobuf), and keeps the spans.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<Span> spans = [];
    private readonly WebApplication server;

    private OtlpCollector(WebApplication server) => this.server = server;

    public IReadOnlyCollection<Span> Spans => spans;

    /// <summary>What a program must be told to export here, soon.</summary>
    public (string Name, string Value)[] Environment { get; private init; } = [];

    public static async Task<OtlpCollector> StartAsync()
    {
        var address = FreePort.Address();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address.ToString());
        var collector = new OtlpCollector(builder.Build())
        {
            Environment =
            [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", address.ToString()), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"), ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ],
        };
        collector.server.MapPost("/v1/metrics", () => Results.Ok());
        collector.server.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            collector.Take(body.ToArray());
            return Results.Ok();
        });
        await collector.server.StartAsync();
        return collector;
    }

    /// <summary>Waits for a span.</summary>
    public async Task<Span> FindAsync(Func<Span, bool> isIt)
    {
        await Eventually.BecomesAsync("", () => Task.FromResult(spans.Any(isIt) ? "" : string.Join('\n', spans)), TimeSpan.FromSeconds(30));
        return spans.First(isIt);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    // ExportTraceServiceRequest > ResourceSpans (1) > ScopeSpans (2) > scope (1) with its name (1), spans (2).
    private void Take(ReadOnlySpan<byte> request)
    {
        var resources = new Protobuf(request);
        while (resources.Next())
        {
            var scopes = new Protobuf(resources.Value);
            while (scopes.Next())
            {
                if (scopes.Field != 2)
                {
                    continue;
                }

                var name = "";
                var inside = new Protobuf(scopes.Value);
                while (inside.Next())
                {
                    if (inside.Field == 1)
                    {
                        name = Text(inside.Value, 1);
                    }
                    else if (inside.Field == 2)
                    {
                        spans.Enqueue(ReadSpan(name, inside.Value));
                    }
                }
            }
        }
    }

    private static Span ReadSpan(string scope, ReadOnlySpan<byte> message)
    {
        var (trace, id, parent, name, links) = ("", "", "", "", new List<string>());
        var fields = new Protobuf(message);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    trace = Convert.ToHexStringLower(fields.Value);
                    break;
                case 2:
                    id = Convert.ToHexStringLower(fields.Value);
                    break;
                case 4:
                    parent = Convert.ToHexStringLower(fields.Value);
                    break;
                case 5:
                    name = Encoding.UTF8.GetString(fields.Value);
                    break;
                case 13:
                    var link = new Protobuf(fields.Value);
                    while (link.Next())
                    {
                        if (link.Field == 1)
                        {
                            links.Add(Convert.ToHexStringLower(link.Value));
                        }
                    }

                    break;
            }
        }

        return new(scope, name, trace, id, parent, links);
    }

    private static string Text(ReadOnlySpan<byte> message, int field)
    {
        var fields = new Protobuf(message);
        while (fields.Next())
        {
            if (fields.Field == field)
            {
                return Encoding.UTF8.GetString(fields.Value);
            }
        }

        return "";
    }
}
