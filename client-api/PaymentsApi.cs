using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Payments.ClientApi.Dashboard;
using Payments.ClientApi.Documents;
using Payments.ClientApi.Endpoints;
using Payments.ClientApi.Errors;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;

namespace Payments.ClientApi;

/// <summary>
/// The HTTP front end. Its host brings <c>IGrainFactory</c>, for commands, <see cref="Storage.IPaymentQueries"/>,
/// <see cref="Storage.ILedgerQueries"/> and <see cref="Storage.IReportStore"/>, for reads, and <see cref="Storage.IMerchantStore"/>, for merchants and keys, <see cref="Storage.IInbox"/>
/// and <see cref="Storage.IOperatorStore"/>, for evidence and operators, <see cref="Storage.IPayoutStore"/>, for payouts, <see cref="Storage.ISettlementFiles"/> and <see cref="Gateways.Settlement.SettlementImport"/>, for settlement files, and what knows the processors (<see cref="Gateways.IGatewayWebhooks"/>, <see cref="Gateways.IGatewayStates"/>); it keeps no state
/// but a short memory of keys, so any number of processes may serve it.
/// </summary>
public static class PaymentsApi
{
    /// <summary>Adds what the front end needs, except for what the host brings.</summary>
    public static IServiceCollection AddPaymentsApi(this IServiceCollection services, Action<PaymentsApiOptions>? configure = null)
    {
        services.Configure(configure ?? (_ => { }));
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<KeyCache>();
        services.AddSingleton<KeyUsage>().AddHostedService(provider => provider.GetRequiredService<KeyUsage>());
        services.AddSingleton<GrainCalls>();
        services.AddSingleton<PaymentCalls>();
        services.AddSingleton<OperationCalls>();
        services.AddSingleton<LedgerCalls>();
        services.AddSingleton<PayoutCalls>();
        services.AddSingleton<ReportCalls>();
        services.AddSingleton<AdminCalls>();
        services.AddSingleton<EvidenceCalls>();
        services.AddSingleton<GatewayViews>();
        services.AddSingleton<WebhookCounts>();
        services.AddSingleton<Cursors>();
        services.AddSingleton<DashboardSession>();
        services.ConfigureHttpJsonOptions(options =>
        {
            // What is documented is described by the same rules by which it is written.
            options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            options.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
        });
        services.AddOpenApi(ApiDocument.Name, ApiDocument.Configure);
        return services;
    }

    /// <summary>
    /// Adds the endpoints and, around everything that the application serves, the layer that makes a problem of every error. To be called
    /// before the host adds middleware of its own.
    /// </summary>
    public static WebApplication MapPaymentsApi(this WebApplication app)
    {
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        app.UseMiddleware<KeyMiddleware>();
        app.UseMiddleware<DashboardMiddleware>();
        app.UseMiddleware<ParameterMiddleware>();
        app.UseSwaggerUI(page =>
        {
            page.DocumentTitle = ApiDocument.Title;
            page.RoutePrefix = "docs";
            page.SwaggerEndpoint(ApiDocument.Path, ApiDocument.Title);
        });

        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapGet("/", () => TypedResults.Redirect("/docs")).ExcludeFromDescription();
        PaymentEndpoints.Map(app);
        AuthorizationEndpoints.Map(app);
        RefundEndpoints.Map(app);
        LedgerEndpoints.Map(app);
        StatementEndpoints.Map(app);
        EntryEndpoints.Map(app);
        ReportEndpoints.Map(app);
        MerchantEndpoints.Map(app);
        KeyEndpoints.Map(app);
        ProcessorOperationEndpoints.Map(app);
        GatewayEndpoints.Map(app);
        WebhookEndpoints.Map(app);
        SettlementEndpoints.Map(app);
        PayoutEndpoints.Map(app);
        ReconciliationEndpoints.Map(app);
        HealthEndpoints.Map(app);
        return app;
    }
}
