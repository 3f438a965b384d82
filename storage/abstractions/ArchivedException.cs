using Payments.Domain;

namespace Payments.Storage;

/// <summary>What was asked for would need what is archived. It is said, and never left out.</summary>
/// <param name="month">The newest month that is archived: it, or one before it, is needed.</param>
public sealed class ArchivedException(Month month) : Exception(
    $"This would need what was written in {month} or before, which is archived. What was written from {month.Next} on is here.")
{
    public Month Month { get; } = month;
}
