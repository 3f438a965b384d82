using System.Collections.Immutable;
using Npgsql;

namespace Payments.Storage.Postgres;

/// <summary>What to audit, and against what.</summary>
public sealed record AuditOptions
{
    public required NpgsqlDataSource Database { get; init; }

    /// <summary>The processor, to compare its effects with ours (I1); null: not compared.</summary>
    public Uri? Simulator { get; init; }

    /// <summary>What that processor is called in the books.</summary>
    public string SimulatorName { get; init; } = "simulator";

    /// <summary>Where the checkpoints' public key and exported files are; null: only what the database holds.</summary>
    public string? StateDirectory { get; init; }

    /// <summary>An exported checkpoint: what it covers is taken as audited, and only what came later is checked.</summary>
    public string? SinceFile { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How many breaches of each check are kept as sentences; all are counted.</summary>
    public int KeptBreaches { get; init; } = 20;
}

/// <param name="Invariant"><c>I1</c> to <c>I8</c>, <c>chain</c>, <c>checkpoints</c>, <c>archives</c> and the like.</param>
/// <param name="Check">The check that found it.</param>
/// <param name="Sentence">What is wrong, for a person.</param>
public sealed record Breach(string Invariant, string Check, string Sentence);

/// <summary>What one check found.</summary>
/// <param name="Proves">What holds when it finds no breach.</param>
/// <param name="Rows">How many rows it looked at.</param>
/// <param name="NotChecked">Why it could not be done; null when it was.</param>
public sealed record CheckResult(string Invariant, string Name, string Proves, long Rows, long Breaches, string? NotChecked);

/// <summary>Where an audit is.</summary>
public readonly record struct AuditProgress(string Check, int Done, int Of);

/// <summary>What an audit found.</summary>
/// <param name="SnapshotAt">The instant of the database that was audited.</param>
/// <param name="Scope">What was audited, in a sentence.</param>
/// <param name="Effects">What the processor did and what our books say of the same, when both were asked.</param>
/// <param name="Notes">Worth knowing, and no breach.</param>
public sealed record AuditReport(
    DateTimeOffset SnapshotAt, TimeSpan Duration, string Scope, ImmutableArray<CheckResult> Checks, ImmutableArray<Breach> Breaches,
    ImmutableArray<EffectsLine> Effects, ImmutableArray<string> Notes)
{
    public bool Passed => BreachCount == 0;

    public long BreachCount => Checks.Sum(check => check.Breaches);
}

/// <summary>Effects of one kind in one currency: the processor's count and sum beside ours.</summary>
public sealed record EffectsLine(string Kind, string Currency, long TheirCount, Int128 TheirSum, long OurCount, Int128 OurSum)
{
    public bool Agrees => TheirCount == OurCount && TheirSum == OurSum;
}

/// <summary>The audit cannot be done as asked; the message says why.</summary>
public sealed class AuditNotPossibleException(string message, Exception? inner = null) : Exception(message, inner);
