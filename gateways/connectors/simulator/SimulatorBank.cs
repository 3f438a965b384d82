using Payments.Domain;
using Payments.Gateways.Connectors.Http;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>The connection to the bank that <c>gateway-simulator/</c> plays.</summary>
public sealed class SimulatorBank : IBankTransfers, IDisposable
{
    private readonly SimulatorGatewayOptions options;
    private readonly ProcessorHttp http;

    /// <param name="options">Where the simulator is, and what it promises.</param>
    /// <param name="clock">Measures the timeout.</param>
    public SimulatorBank(SimulatorGatewayOptions options, TimeProvider clock)
    {
        this.options = options;
        Capabilities = new GatewayCapabilities(options.IdempotencyKeyLife, CanQuery: true, options.AbsenceFinalAfter ?? 2 * options.Timeout, options.Timeout);
        http = new ProcessorHttp(options.Timeout, options.MaxConnections, clock);
    }

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public GatewayCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public TimeSpan ReturnsFor => TimeSpan.FromDays(10);

    /// <inheritdoc/>
    public RetrySchedule? Retries => options.Retries;

    /// <inheritdoc/>
    public async Task<GatewayAnswer> TransferAsync(TransferOrder order, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.BaseAddress, "v1/transfers"));
        request.Headers.Add("Idempotency-Key", order.Reference);
        var reply = await http.PostAsync(request, SimulatorMessages.Transfer(order), "application/json", cancellationToken);
        return reply.Failure ?? SimulatorMessages.ReadTransfer(SimulatorReply.Of(reply), order.Reference);
    }

    /// <inheritdoc/>
    public async Task<GatewayAnswer> QueryAsync(string reference, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.BaseAddress, $"v1/transfers/{Uri.EscapeDataString(reference)}"));
        var reply = await http.GetAsync(request, cancellationToken);
        return reply.Failure ?? SimulatorMessages.ReadTransferQuery(SimulatorReply.Of(reply), reference);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}
