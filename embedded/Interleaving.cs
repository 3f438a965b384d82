namespace Payments.Embedded;

/// <summary>Beside which other requests of its activation a request may run.</summary>
internal enum Interleaving : byte
{
    /// <summary>Beside interleaving ones only.</summary>
    Exclusive,

    /// <summary>Beside reading and interleaving ones.</summary>
    Reads,

    /// <summary>Beside any.</summary>
    Always,
}
