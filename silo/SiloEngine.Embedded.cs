#if EMBEDDED
using Orleans;
using Payments.ClientApi.Dashboard;
using Payments.Embedded;
using Payments.Grains;
using Payments.Silo.Dashboard;

namespace Payments.Silo;

/// <summary>The grains on the embedded engine: one process, nothing to install.</summary>
public sealed class SiloEngine(IServiceProvider services, PostgresReminders reminders, PostgresStates states, TimeProvider time, Dice dice) : IAsyncDisposable
{
    /// <summary>The engine's name, as <c>./run</c> prints it.</summary>
    public const string Name = "embedded";

    private readonly EmbeddedNode node = new(new EmbeddedNodeOptions
    {
        GrainAssemblies = [typeof(PaymentGrain).Assembly],
        Services = services,
        TimeProvider = time,
        Scheduler = TaskScheduler.Default,
        Random = () => dice(),
        Reminders = reminders,
        States = states,
        CollectionAge = TimeSpan.FromSeconds(10), // a payment at its end ends its activation; one that waits for somebody is read again
    });

    /// <summary>How the grains are called.</summary>
    public IGrainFactory Grains => node.Grains;

    /// <summary>Adds the engine, and <see cref="IGrainFactory"/>.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PostgresReminders>();
        builder.Services.AddSingleton<PostgresStates>();
        builder.Services.AddHostedService<ReminderWatch>();
        builder.Services.AddSingleton<SiloEngine>();
        builder.Services.AddSingleton<NodeWatch>();
        builder.Services.AddSingleton(services => services.GetRequiredService<SiloEngine>().Grains);
    }

    /// <summary>Adds the dashboard: what this node does.</summary>
    public static void MapDashboard(WebApplication app) => app.MapDashboard(NodeDashboard.Map);

    internal NodeSnapshot Snapshot() => node.Snapshot();

    public Task StartAsync(CancellationToken cancellationToken) => node.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => node.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => node.DisposeAsync();
}
#endif
