using Payments.ClientApi;
using Payments.Gateways;
using Payments.Gateways.Settlement;
using Payments.Grains;
using Payments.Silo;
using Payments.Storage;
using Payments.Storage.Postgres;

NodeOptions options;
GatewaySettings processors;
try
{
    options = NodeOptions.FromEnvironment();
    processors = options.Gateways is { } path ? GatewaySettings.Read(path) : GatewaySettings.Simulator(options.Simulator, options.SimulatorWebhookSecret);
    // Made once to see that it can be: a node that cannot reach its secrets ends here, with a sentence.
    GatewayFactory.Make(processors, _ => false, TimeProvider.System).Dispose();
}
catch (ConfigurationException mistake)
{
    Console.Error.WriteLine(mistake.Message);
    return 2;
}

var builder = WebApplication.CreateSlimBuilder(args);
builder.WebHost.UseUrls(options.Url.ToString());
builder.WebHost.ConfigureKestrel(ApiLimits.ConfigureLimits);
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Payments", LogLevel.Information);

builder.Services.AddSingleton(options);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<Dice>(() => Random.Shared.NextDouble());

// Storage: one pool that writes batches, one that reads.
builder.Services.AddSingleton(_ => Connections.ForReading(options.Database));
builder.Services.AddSingleton(services => new GroupCommitter(
    Connections.ForWriting(options.Database), new GroupCommitterOptions { Node = options.Node },
    services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<GroupCommitter>>()));
builder.Services.AddSingleton<IPaymentStore, PostgresStore>();
builder.Services.AddSingleton<IPaymentQueries, PostgresQueries>();
builder.Services.AddSingleton<ILedgerQueries, LedgerQueries>();
builder.Services.AddSingleton<IJournalQueries>(services => services.GetRequiredService<ILedgerQueries>());
builder.Services.AddSingleton<IMerchantStore, MerchantStore>();
builder.Services.AddSingleton<IInbox, Inbox>();
builder.Services.AddSingleton<IOperatorStore, OperatorStore>();
builder.Services.AddSingleton<ISettlementFiles, SettlementFiles>();
builder.Services.AddSingleton<IBreakBook, BreakBook>();
builder.Services.AddSingleton<IReconciliation>(services => new Reconciler(
    Connections.ForReports(options.Database), services.GetRequiredService<IInbox>(), services.GetRequiredService<TimeProvider>()));
builder.Services.AddSingleton<IPayoutStore, PayoutStore>();
builder.Services.AddSingleton<IReportStore>(_ => new ReportStore(Connections.ForReports(options.Database), ReportLimits.Default));

// Processors.
builder.Services.AddSingleton<GatewayDrains>().AddHostedService(services => services.GetRequiredService<GatewayDrains>());
builder.Services.AddSingleton(services => GatewayFactory.Make(
    processors, services.GetRequiredService<GatewayDrains>().Contains, services.GetRequiredService<TimeProvider>()));
builder.Services.AddSingleton<IGatewayDirectory>(services => services.GetRequiredService<GatewayDirectory>());
builder.Services.AddSingleton<IGatewayWebhooks>(services => services.GetRequiredService<GatewayDirectory>());
builder.Services.AddSingleton<IGatewayStates>(services => services.GetRequiredService<GatewayDirectory>());
builder.Services.AddSingleton(services => new SettlementImport(
    services.GetRequiredService<ISettlementFiles>(), [.. GatewayFactory.MakeSources(processors, services.GetRequiredService<TimeProvider>())]));
builder.Services.AddSingleton<ISettlementFetching>(services => services.GetRequiredService<SettlementImport>());
builder.Services.AddSingleton(services => BankDirectory.Make(processors, services.GetRequiredService<TimeProvider>()));
builder.Services.AddSingleton<IBankDirectory>(services => services.GetRequiredService<BankDirectory>());

// Grains.
builder.Services.AddSingleton(PayoutPolicy.Default);
builder.Services.AddSingleton(processors);
builder.Services.AddSingleton(SettlementPolicy.Default with
{
    Period = TimeSpan.FromSeconds(processors.Gateways.Min(gateway => gateway.Settlement?.EverySeconds) ?? 3_600),
});
builder.Services.AddSingleton(PaymentPolicy.Default);
builder.Services.AddSingleton(RecoveryPolicy.Default);
builder.Services.AddSingleton(InboxPolicy.Default);
builder.Services.AddSingleton(ReconciliationPolicy.Default);
builder.Services.AddSingleton(ReportPolicy.Default);
builder.Services.AddSingleton(new ReportPlaces(most: 2));
builder.Services.AddSingleton(services => new ReminderBudget(services.GetRequiredService<TimeProvider>(), perSecond: 50));
SiloEngine.Add(builder);
builder.Services.AddHostedService<NodeService>();
builder.Services.AddHostedService<CheckpointService>();

// HTTP.
builder.Services.AddPaymentsApi(api => api.TwoOperatorsFrom = options.TwoOperatorsFrom);
builder.Services.AddHostedService<UnknownWatch>();
builder.Services.AddHostedService<DriftWatch>();

try
{
    await using var app = builder.Build();
    app.MapPaymentsApi();
    await app.StartAsync();
    Log.Started(app.Services.GetRequiredService<ILogger<NodeOptions>>(), options.Node, SiloEngine.Name, options.Url);
    await app.WaitForShutdownAsync();
    return 0;
}
catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
{
    Console.Error.WriteLine($"{options.Url} is taken by another program. Set PAYMENTS_URL (with ./run: PAYMENTS_PORT) to a free one.");
    return 3;
}
catch (SchemaMismatchException mismatch)
{
    Console.Error.WriteLine($"{mismatch.Message} Run 'payments migrate' with this version's program.");
    return 4;
}
