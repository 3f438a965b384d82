using OpenTelemetry;
using OpenTelemetry.Context.Propagation;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Payments.Hosting;

/// <summary>
/// Metrics for Prometheus at <see cref="MetricsPath"/>; metrics and traces over OTLP where the standard variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says so.
/// Without it nobody listens to spans, and they cost nothing. docs/telemetry.md lists what there is.
/// </summary>
internal static class Telemetry
{
    public const string MetricsPath = "/metrics";

    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Sources = ["Microsoft.Orleans.Application", "Payments.*"];

    private static readonly string[] Meters =
    [
        "Payments.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql", "Microsoft.Orleans",
    ];

    public static void Add(WebApplicationBuilder builder, string node)
    {
        var isExported = Variables.Optional(Endpoint) is not null;
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("payments", serviceInstanceId: node))
            .WithMetrics(metrics =>
            {
                metrics.AddMeter(Meters).AddPrometheusExporter();
                if (isExported)
                {
                    metrics.AddOtlpExporter();
                }
            });
        if (isExported)
        {
            // As the connectors do: a trace's id, and no baggage.
            Sdk.SetDefaultTextMapPropagator(new TraceContextPropagator());
            telemetry.WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddHttpClientInstrumentation().AddSource(Sources).AddOtlpExporter());
        }

        // One line of JSON for each event, with the ids of trace and span.
        if (Variables.Optional("PAYMENTS_LOG") == "json")
        {
            builder.Logging.AddJsonConsole(json => (json.IncludeScopes, json.UseUtcTimestamp, json.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        }
    }

    public static void Map(WebApplication app) => app.MapPrometheusScrapingEndpoint(MetricsPath);
}
