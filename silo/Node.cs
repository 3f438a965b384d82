using Payments.ClientApi;
using Payments.Grains;
using Payments.Hosting;
using Payments.Storage;
using Payments.Storage.Postgres;

namespace Payments.Silo;

/// <summary>A node: grains, the group commit, recovery and the HTTP API in one process.</summary>
public static class Node
{
    /// <summary>Runs it until it is told to stop; the exit code.</summary>
    /// <param name="also">Adds or replaces services: for programs that run a node as a part of them.</param>
    public static Task<int> RunAsync(string[] args, Action<IServiceCollection>? also = null) => PaymentsHost.RunAsync(args, "node-0", SiloEngine.Name, (builder, host, processors) =>
    {
        builder.Services.AddSingleton(NodeOptions.FromEnvironment());
        builder.Services.AddSingleton<Dice>(() => Random.Shared.NextDouble());

        // Writing: the pool that writes batches is apart from those that read.
        builder.Services.AddSingleton(services => new GroupCommitter(
            Connections.ForWriting(host.Database), new GroupCommitterOptions { Node = host.Node },
            services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<GroupCommitter>>()));
        builder.Services.AddSingleton<IPaymentStore, PostgresStore>();
        builder.Services.AddSingleton<IReconciliation>(services => new Reconciler(
            Connections.ForReports(host.Database), services.GetRequiredService<IInbox>(), services.GetRequiredService<TimeProvider>()));

        // Grains.
        builder.Services.AddSingleton(processors);
        builder.Services.AddSingleton(PaymentPolicy.Default);
        builder.Services.AddSingleton(RecoveryPolicy.Default);
        builder.Services.AddSingleton(InboxPolicy.Default);
        builder.Services.AddSingleton(PayoutPolicy.Default);
        builder.Services.AddSingleton(ReconciliationPolicy.Default);
        builder.Services.AddSingleton(SettlementPolicy.Default with
        {
            Period = TimeSpan.FromSeconds(processors.Gateways.Min(gateway => gateway.Settlement?.EverySeconds) ?? 3_600),
        });
        builder.Services.AddSingleton(ReportPolicy.Default);
        builder.Services.AddSingleton(new ReportPlaces(most: 2));
        builder.Services.AddSingleton(services => new ReminderBudget(services.GetRequiredService<TimeProvider>(), perSecond: 50));
        SiloEngine.Add(builder);
        builder.Services.AddHostedService<NodeService>();

        builder.Services.AddHostedService<CheckpointService>();
        builder.Services.AddHostedService<UnknownWatch>();
        builder.Services.AddHostedService<DriftWatch>();
        builder.Services.AddSingleton<IVitals, PostgresVitals>().AddHostedService<VitalsWatch>();
        builder.Services.AddSingleton<IReadiness, CommitReadiness>();
        also?.Invoke(builder.Services);
    }, SiloEngine.MapDashboard);
}
