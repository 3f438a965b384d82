namespace Payments.Storage.Postgres.Auditing;

/// <summary>A rule that the database checks by itself.</summary>
/// <param name="Rows">The relation whose rows it looks at; the names are those of <see cref="AuditScope"/>.</param>
/// <param name="Breaches">A query with one column: a full sentence for each breach. Ids in braces are shown in their public form.</param>
internal sealed record SqlRule(string Invariant, string Name, string Proves, string Rows, string Breaches);
