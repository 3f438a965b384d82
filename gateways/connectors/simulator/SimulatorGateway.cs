using Payments.Domain;
using Payments.Gateways.Connectors.Http;

namespace Payments.Gateways.Connectors.Simulator;

/// <summary>The connector to the card processor that <c>gateway-simulator/</c> plays.</summary>
public sealed class SimulatorGateway : IPaymentGateway, IDisposable
{
    private readonly SimulatorGatewayOptions options;
    private readonly ProcessorHttp http;

    /// <param name="options">Where the processor is, and what it promises.</param>
    /// <param name="clock">Measures the timeout.</param>
    public SimulatorGateway(SimulatorGatewayOptions options, TimeProvider clock)
    {
        var absenceFinalAfter = options.AbsenceFinalAfter ?? 2 * options.Timeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Timeout, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(absenceFinalAfter, options.Timeout, nameof(options));
        this.options = options;
        Capabilities = new GatewayCapabilities(options.IdempotencyKeyLife, CanQuery: true, absenceFinalAfter, options.Timeout);
        http = new ProcessorHttp(options.Timeout, options.MaxConnections, clock);
    }

    /// <inheritdoc/>
    public string Name => options.Name;

    /// <inheritdoc/>
    public GatewayCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public RetrySchedule? Retries => options.Retries;

    /// <inheritdoc/>
    public Task<GatewayAnswer> ChargeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Charge, order.Reference, order.IdempotencyKey, "v1/charges", SimulatorMessages.Charge(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> AuthorizeAsync(ChargeOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Authorize, order.Reference, order.IdempotencyKey, "v1/authorizations", SimulatorMessages.Charge(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> CaptureAsync(CaptureOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Capture, order.Reference, order.IdempotencyKey, "v1/captures", SimulatorMessages.Capture(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> VoidAsync(VoidOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Void, order.Reference, order.IdempotencyKey, "v1/voids", SimulatorMessages.Void(order), cancellationToken);

    /// <inheritdoc/>
    public Task<GatewayAnswer> RefundAsync(RefundOrder order, CancellationToken cancellationToken) =>
        SendAsync(OperationKind.Refund, order.Reference, order.IdempotencyKey, "v1/refunds", SimulatorMessages.Refund(order), cancellationToken);

    /// <inheritdoc/>
    public async Task<GatewayAnswer> QueryAsync(QueryOrder order, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(options.BaseAddress, $"v1/operations/{Uri.EscapeDataString(order.Reference)}"));
        var reply = await http.GetAsync(request, cancellationToken);
        return reply.Failure ?? SimulatorMessages.ReadQuery(SimulatorReply.Of(reply), order.Kind, order.Reference);
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private async Task<GatewayAnswer> SendAsync(
        OperationKind kind, string reference, string idempotencyKey, string path, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.BaseAddress, path));
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        var reply = await http.PostAsync(request, body, "application/json", cancellationToken);
        return reply.Failure ?? SimulatorMessages.ReadAnswer(SimulatorReply.Of(reply), kind, reference);
    }
}
