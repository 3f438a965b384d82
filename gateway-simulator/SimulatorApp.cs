using Payments.GatewaySimulator.Http;
using Payments.GatewaySimulator.Record;
using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator;

/// <summary>Puts the simulator together.</summary>
public static class SimulatorApp
{
    private const int BodyLimit = 16 * 1024;

    /// <summary>Opens the record and builds the server; nothing listens before the application is started.</summary>
    /// <exception cref="CannotStartException">The record cannot be opened.</exception>
    public static WebApplication Build(SimulatorSettings settings, TimeProvider clock)
    {
        // Empty: no configuration file or foreign variable changes what the settings say.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(settings.Url).ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyLimit;
            kestrel.Limits.MaxConcurrentConnections = 4_096;
        });
        builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning)
            // A failed start is told in one line by Program.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(5));

        var index = new OperationIndex();
        var unfinished = new Dictionary<string, Operation>();
        var record = Open(settings, index, unfinished);
        // By factory, because the container disposes only what it made.
        builder.Services.AddSingleton(_ => record);
        builder.Services.AddSingleton(_ => new Webhooks(settings, clock));
        builder.Services.AddSingleton(services => new Processor(
            services.GetRequiredService<RecordFile>(), index, settings, services.GetRequiredService<Webhooks>(), clock));

        var app = builder.Build();
        var processor = app.Services.GetRequiredService<Processor>();
        app.UseJsonErrors();
        app.MapOperations(processor);
        app.MapActions(processor);
        app.MapAdmin(processor, app.Services.GetRequiredService<Webhooks>());
        app.MapSettlement(processor);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            app.Services.GetRequiredService<Webhooks>().Start();
            processor.Resume(unfinished.Values);
        });
        return app;
    }

    private static RecordFile Open(SimulatorSettings settings, OperationIndex index, Dictionary<string, Operation> unfinished)
    {
        try
        {
            Directory.CreateDirectory(settings.DataFolder);
            return RecordFile.Open(Path.Combine(settings.DataFolder, "operations.record"), (position, payload) =>
            {
                var operation = Operation.FromBytes(payload.Span);
                index.Add(operation, position);
                if (Processor.IsUnfinished(operation))
                {
                    unfinished[operation.Order.Id] = operation;
                }
                else if (operation.IsSequel)
                {
                    unfinished.Remove(operation.Order.Id);
                }
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CannotStartException(
                $"SIMULATOR_DATA '{settings.DataFolder}' cannot be used (is a simulator running at SIMULATOR_URL {settings.Url} already?): "
                + exception.Message,
                exception);
        }
    }
}
