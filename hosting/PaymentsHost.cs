using Payments.ClientApi;
using Payments.Gateways;
using Payments.Gateways.Settlement;
using Payments.Storage;
using Payments.Storage.Postgres;

namespace Payments.Hosting;

/// <summary>What all programs that serve the HTTP API have in common: options, reading the books, the processors as they are configured, and how they end.</summary>
internal static class PaymentsHost
{
    /// <summary>Runs the program until it is told to stop; the exit code.</summary>
    /// <param name="name">What it is called unless <c>PAYMENTS_NODE</c> says otherwise.</param>
    /// <param name="engine">How it reaches the grains, in a word.</param>
    /// <param name="add">Adds what is its own, <c>IGrainFactory</c> among it.</param>
    /// <param name="map">Maps what else it serves.</param>
    public static async Task<int> RunAsync(
        string[] args, string name, string engine, Action<WebApplicationBuilder, ServingOptions, GatewaySettings> add, Action<WebApplication> map)
    {
        try
        {
            var options = ServingOptions.FromEnvironment(name);
            var processors = options.Gateways is { } path ? GatewaySettings.Read(path) : GatewaySettings.Simulator(options.Simulator, options.SimulatorWebhookSecret);
            // Made once to see that it can be: a program that cannot reach its secrets ends here, with a sentence.
            GatewayFactory.Make(processors, _ => false, TimeProvider.System).Dispose();

            // Settings come from the environment: nothing watches the folder for files that might change.
            var builder = WebApplication.CreateSlimBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
            builder.WebHost.UseUrls(options.Url.ToString());
            builder.WebHost.ConfigureKestrel(ApiLimits.ConfigureLimits);
            builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Payments", LogLevel.Information);
            builder.Services.AddSingleton(options);
            builder.Services.AddSingleton(TimeProvider.System);
            Telemetry.Add(builder, options.Node);
            AddReading(builder.Services, options.Database);
            AddProcessors(builder.Services, processors);
            add(builder, options, processors);
            builder.Services.AddPaymentsApi(api => api.TwoOperatorsFrom = options.TwoOperatorsFrom);

            await using var app = builder.Build();
            app.MapPaymentsApi();
            Telemetry.Map(app);
            map(app);
            await app.StartAsync();
            Log.Started(app.Services.GetRequiredService<ILogger<ServingOptions>>(), options.Node, engine, options.Url);
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (ConfigurationException mistake)
        {
            Console.Error.WriteLine(mistake.Message);
            return 2;
        }
        catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            Console.Error.WriteLine($"{taken.Message} Set PAYMENTS_URL (with ./run: PAYMENTS_PORT) to an address that is free.");
            return 3;
        }
        catch (SchemaMismatchException mismatch)
        {
            Console.Error.WriteLine($"{mismatch.Message} Run 'payments migrate' with this version's program.");
            return 4;
        }
    }

    private static void AddReading(IServiceCollection services, string database)
    {
        services.AddSingleton(_ => Connections.ForReading(database));
        services.AddSingleton<IPaymentQueries, PostgresQueries>();
        services.AddSingleton<ILedgerQueries, LedgerQueries>();
        services.AddSingleton<IJournalQueries>(provider => provider.GetRequiredService<ILedgerQueries>());
        services.AddSingleton<IMerchantStore, MerchantStore>();
        services.AddSingleton<IInbox, Inbox>();
        services.AddSingleton<IOperatorStore, OperatorStore>();
        services.AddSingleton<ISettlementFiles, SettlementFiles>();
        services.AddSingleton<IBreakBook, BreakBook>();
        services.AddSingleton<IPayoutStore, PayoutStore>();
        services.AddSingleton<IReportStore>(_ => new ReportStore(Connections.ForReports(database), ReportLimits.Default));
    }

    private static void AddProcessors(IServiceCollection services, GatewaySettings processors)
    {
        services.AddSingleton<GatewayDrains>().AddHostedService(provider => provider.GetRequiredService<GatewayDrains>());
        services.AddSingleton(provider => GatewayFactory.Make(
            processors, provider.GetRequiredService<GatewayDrains>().Contains, provider.GetRequiredService<TimeProvider>()).Measured());
        services.AddSingleton<IGatewayDirectory>(provider => provider.GetRequiredService<GatewayDirectory>());
        services.AddSingleton<IGatewayWebhooks>(provider => provider.GetRequiredService<GatewayDirectory>());
        services.AddSingleton<IGatewayStates>(provider => provider.GetRequiredService<GatewayDirectory>());
        services.AddSingleton(provider => new SettlementImport(
            provider.GetRequiredService<ISettlementFiles>(), [.. GatewayFactory.MakeSources(processors, provider.GetRequiredService<TimeProvider>())]));
        services.AddSingleton<ISettlementFetching>(provider => provider.GetRequiredService<SettlementImport>());
        services.AddSingleton(provider => BankDirectory.Make(processors, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IBankDirectory>(provider => provider.GetRequiredService<BankDirectory>());
    }
}
