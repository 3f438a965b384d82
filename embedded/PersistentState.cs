using System.Text.Json;
using Orleans.Runtime;
using Orleans.Storage;

namespace Payments.Embedded;

/// <summary>A state of one activation, as JSON in the node's store.</summary>
internal sealed class PersistentState<TState>(Activation activation, string name) : IPersistentState<TState>
{
    private readonly StateId _id = new(activation.GrainClass.Name, activation.Key, name);

    private readonly IStateStore _store = activation.Node.Options.States
        ?? throw new InvalidOperationException($"{activation.GrainClass.Type.Name} has state, and this node has no {nameof(EmbeddedNodeOptions.States)} to keep it in.");

    public TState State { get; set; } = Activator.CreateInstance<TState>();

    public string? Etag { get; private set; }

    public bool RecordExists { get; private set; }

    public async Task ReadStateAsync()
    {
        var (payload, version) = await _store.ReadAsync(_id, CancellationToken.None);
        Become(payload is null ? Activator.CreateInstance<TState>() : JsonSerializer.Deserialize<TState>(payload)!, version, payload is not null);
    }

    public async Task WriteStateAsync() => Become(State, await ReplaceAsync(JsonSerializer.SerializeToUtf8Bytes(State)), exists: true);

    public async Task ClearStateAsync() => Become(Activator.CreateInstance<TState>(), await ReplaceAsync(null), exists: false);

    private async Task<string> ReplaceAsync(byte[]? payload) => await _store.WriteAsync(_id, payload, Etag, CancellationToken.None)
        ?? throw new InconsistentStateException($"Another version of {name} of {activation} is stored than {Etag ?? "none"}.");

    private void Become(TState state, string? etag, bool exists) => (State, Etag, RecordExists) = (state, etag, exists);
}
