namespace Payments.GatewaySimulator.Rules;

/// <summary>Where in the record each operation is. Not thread-safe.</summary>
/// <remarks>The record is the truth; memory holds digests and places, about 90 bytes an operation.</remarks>
internal sealed class OperationIndex
{
    private const int EffectsBetweenMarks = 1_024;
    private const long NotRecorded = -1;

    private readonly Dictionary<Digest, Entry> byKey = [];
    private readonly Dictionary<Digest, Digest> keyByReference = [];
    private readonly Dictionary<Digest, long> refundedBySource = [];
    private readonly Dictionary<Digest, AuthorizationUse> useByAuthorization = [];
    private readonly Dictionary<OperationKind, EffectTotals> totals =
        Enum.GetValues<OperationKind>().ToDictionary(kind => kind, _ => new EffectTotals());
    private readonly List<long> effectMarks = [];

    public IReadOnlyDictionary<OperationKind, EffectTotals> Totals => totals;

    public long Effects { get; private set; }

    /// <summary>Counts a request with this key: 1 for the first one. Counts start over with the process.</summary>
    public int CountAttempt(Digest key)
    {
        var entry = byKey.TryGetValue(key, out var known) ? known : new Entry(NotRecorded, 0, false);
        entry = entry with { Attempts = entry.Attempts + 1 };
        byKey[key] = entry;
        return entry.Attempts;
    }

    /// <summary>Where the operation of a key is recorded; null when it is not.</summary>
    public long? Find(Digest key) => byKey.TryGetValue(key, out var entry) && entry.Position != NotRecorded ? entry.Position : null;

    /// <summary>The key of the operation that a client's reference means.</summary>
    public Digest? FindKey(string reference) => keyByReference.TryGetValue(Digest.Of(reference), out var key) ? key : null;

    /// <summary>Lets a reference be found while its operation is still pending.</summary>
    public void Expect(string reference, Digest key) => keyByReference.TryAdd(Digest.Of(reference), key);

    /// <summary>Takes back <see cref="Expect"/> for an operation that was refused.</summary>
    public void Forget(string reference, Digest key)
    {
        if (FindKey(reference) == key)
        {
            keyByReference.Remove(Digest.Of(reference));
        }
    }

    /// <summary>What was refunded of a charge, or of the captures of an authorization.</summary>
    public long Refunded(Digest source) => refundedBySource.GetValueOrDefault(source);

    public AuthorizationUse Use(Digest authorization) => useByAuthorization.GetValueOrDefault(authorization);

    /// <summary>Adds operations in the order of the record.</summary>
    public void Add(Operation operation, long position)
    {
        var key = Digest.Of(operation.Order.IdempotencyKey);
        // An operation read back from the record was asked for at least once.
        var attempts = byKey.TryGetValue(key, out var known) ? known.Attempts : 1;
        byKey[key] = new Entry(position, attempts, operation.IsEffect);

        // A client that uses a reference twice under two keys gets two operations. Money that moved is never hidden by a decline.
        var reference = Digest.Of(operation.Order.Reference);
        if (operation.IsEffect || !keyByReference.TryGetValue(reference, out var holder) || !byKey[holder].IsEffect)
        {
            keyByReference[reference] = key;
        }

        if (operation.IsReversed)
        {
            // The effect it had stays counted where it was; what it gave back can be given back again.
            if (Order.TryParseId(operation.Order.Source, out var source))
            {
                refundedBySource[source] = Refunded(source) - operation.Order.Amount;
            }
        }
        else if (operation is { IsEffect: true, IsSequel: false })
        {
            AddEffect(operation, position);
        }
    }

    /// <summary>A place at or before the effect that follows number <paramref name="after"/>, and how many effects lie before it.</summary>
    public (long Position, long Before) StartOfEffects(long after)
    {
        var mark = Math.Min(after / EffectsBetweenMarks, effectMarks.Count - 1);
        return mark < 0 ? (0, 0) : (effectMarks[(int)mark], mark * EffectsBetweenMarks);
    }

    private void AddEffect(Operation operation, long position)
    {
        if (Effects % EffectsBetweenMarks == 0)
        {
            effectMarks.Add(position);
        }

        var order = operation.Order;
        Effects++;
        totals[order.Kind].Add(order.Amount, order.Currency);
        if (!Order.TryParseId(order.Source, out var source))
        {
            return;
        }

        if (order.Kind == OperationKind.Refund)
        {
            refundedBySource[source] = Refunded(source) + order.Amount;
        }
        else
        {
            useByAuthorization[source] = Use(source).And(order);
        }
    }

    private readonly record struct Entry(long Position, int Attempts, bool IsEffect);
}
