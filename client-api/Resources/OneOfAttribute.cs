namespace Payments.ClientApi.Resources;

/// <summary>The values that a text can have; the document lists them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OneOfAttribute(params string[] values) : Attribute
{
    public IReadOnlyList<string> Values => values;
}
