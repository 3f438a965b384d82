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
        var record = Open(settings, index);
        // By factory, because the container disposes only what it made.
        builder.Services.AddSingleton(_ => record);
        builder.Services.AddSingleton(services =>
            new Processor(
                services.GetRequiredService<RecordFile>(), index, settings.SlowFor, settings.ShortAuthorizationFor, clock));

        var app = builder.Build();
        var processor = app.Services.GetRequiredService<Processor>();
        app.UseJsonErrors();
        app.MapOperations(processor);
        app.MapAdmin(processor);
        return app;
    }

    private static RecordFile Open(SimulatorSettings settings, OperationIndex index)
    {
        try
        {
            Directory.CreateDirectory(settings.DataFolder);
            return RecordFile.Open(Path.Combine(settings.DataFolder, "operations.record"), (position, payload) =>
                index.Add(Operation.FromBytes(payload.Span), position));
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
