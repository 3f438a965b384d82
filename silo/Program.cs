using Payments.ClientApi;
using Payments.Gateways;
using Payments.Gateways.Connectors.Simulator;
using Payments.Grains;
using Payments.Silo;
using Payments.Storage;
using Payments.Storage.Postgres;

NodeOptions options;
try
{
    options = NodeOptions.FromEnvironment();
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

// Processors.
builder.Services.AddSingleton<IPaymentGateway>(services => new SimulatorGateway(
    new SimulatorGatewayOptions { BaseAddress = options.Simulator }, services.GetRequiredService<TimeProvider>()));
builder.Services.AddSingleton<IGatewayDirectory, GatewayDirectory>();

// Grains.
builder.Services.AddSingleton(PaymentPolicy.Default);
builder.Services.AddSingleton(RecoveryPolicy.Default);
builder.Services.AddSingleton(services => new ReminderBudget(services.GetRequiredService<TimeProvider>(), perSecond: 50));
SiloEngine.Add(builder);
builder.Services.AddHostedService<NodeService>();
builder.Services.AddHostedService<CheckpointService>();

// HTTP.
builder.Services.AddPaymentsApi();

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
