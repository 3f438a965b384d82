using System.Collections.Concurrent;
using Payments.Domain;
using Payments.Gateways;
using Payments.Gateways.Connectors.Simulator;
using Payments.Storage;

namespace Payments.Tests.Api;

/// <summary>An inbox, an operators' desk and processors that hold what a test puts there.</summary>
public sealed class FakeEvidence : IInbox, IOperatorStore, IGatewayWebhooks, IGatewayStates
{
    public const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    public ConcurrentDictionary<EvidenceId, (InboxEvent Event, byte[] Body)> Received { get; } = new();

    public Dictionary<string, IWebhookReader> Readers { get; } = new() { ["simulator"] = new SimulatorWebhooks([Secret]) };

    public List<OpenOperation> Operations { get; } = [];

    /// <summary>Thrown by the inbox when set.</summary>
    public Exception? Failure { get; set; }

    public Task<bool> ReceiveAsync(InboxEvent received, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        Failure is { } failure ? throw failure : Task.FromResult(Received.TryAdd(received.Id, (received, body.ToArray())));

    public IWebhookReader? Find(string gateway) => Readers.GetValueOrDefault(gateway);

    public IReadOnlyList<GatewayState> All() => [new("simulator", "test", "closed", 0, 256, 0, false)];

    public Task<IReadOnlyList<OpenOperation>> OpenOperationsAsync(
        string? merchantId, Outcome? outcome, DateTimeOffset? before, OperationCursor? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<OpenOperation>>([.. Operations.Where(operation => merchantId is null || operation.MerchantId == merchantId).Take(limit)]);

    public Task<OpenOperation?> OperationAsync(Guid operationId, CancellationToken cancellationToken) =>
        Task.FromResult(Operations.Find(operation => operation.Operation.Id == operationId));

    public Task<IReadOnlyList<FlaggedEvidence>> FlaggedAsync(OperationCursor? after, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<FlaggedEvidence>>([]);

    public Task<IReadOnlyList<DecisionRow>> DecideAsync(DecisionRow decision, CancellationToken cancellationToken)
    {
        var i = Operations.FindIndex(operation => operation.Operation.Id == decision.OperationId);
        Operations[i] = Operations[i] with { Decisions = [.. Operations[i].Decisions, decision] };
        return Task.FromResult(Operations[i].Decisions);
    }

    public Task DrainAsync(string gateway, bool isDrained, string? reason, Guid changedBy, DateTimeOffset at, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyList<UnknownCount>> CountUnknownAsync(DateTimeOffset before, CancellationToken cancellationToken) => throw Unexpected();

    public Task<(long Waiting, long Flagged)> CountInboxAsync(CancellationToken cancellationToken) => throw Unexpected();

    public Task<IReadOnlyList<string>> DrainedAsync(CancellationToken cancellationToken) => throw Unexpected();

    public Task<InboxEvent?> FindAsync(EvidenceId id, CancellationToken cancellationToken) => throw Unexpected();

    public Task<IReadOnlyList<EvidenceId>> DueAsync(DateTimeOffset now, int shard, int shards, int limit, CancellationToken cancellationToken) => throw Unexpected();

    public Task<OperationPlace?> PlaceAsync(string gateway, Guid? operationId, string? processorReference, CancellationToken cancellationToken) => throw Unexpected();

    public Task SettleAsync(EvidenceId id, InboxState state, string? reason, OperationPlace? place, DateTimeOffset at, CancellationToken cancellationToken) => throw Unexpected();

    public Task PostponeAsync(EvidenceId id, string reason, OperationPlace? place, DateTimeOffset nextTry, CancellationToken cancellationToken) => throw Unexpected();

    private static InvalidOperationException Unexpected() => new("The front end does not ask for that.");
}
