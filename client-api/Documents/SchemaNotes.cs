using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Payments.ClientApi.Resources;

namespace Payments.ClientApi.Documents;

/// <summary>Makes the schemas say what the answers keep: which texts there are, what is always there, what is whole.</summary>
internal static class SchemaNotes
{
    public static Task AddTo(OpenApiSchema schema, OpenApiSchemaTransformerContext context)
    {
        var property = context.JsonPropertyInfo;

        // Without a setter the exporter cannot tell, and says that it may be null.
        if (property is { Set: null, IsGetNullable: false })
        {
            schema.Type &= ~JsonSchemaType.Null;
        }

        if (property?.AttributeProvider?.GetCustomAttributes(typeof(OneOfAttribute), inherit: false) is [OneOfAttribute oneOf])
        {
            schema.Enum = [.. oneOf.Values];
            if (schema.Type?.HasFlag(JsonSchemaType.Null) == true)
            {
                schema.Enum.Add(JsonNullSentinel.JsonNull);
            }
        }

        // Sums that may be wider than 64 bits; whole like all amounts.
        if (context.JsonTypeInfo.Type == typeof(decimal))
        {
            (schema.Type, schema.Format) = (JsonSchemaType.Integer, null);
        }

        // What an answer may leave out says so; all else is always there.
        if (property is null && context.JsonTypeInfo.Properties is { Count: > 0 } properties && !IsRequest(context.JsonTypeInfo.Type))
        {
            schema.Required = properties.Where(one => one.ShouldSerialize is null && one.Get is not null).Select(one => one.Name).ToHashSet();
        }

        return Task.CompletedTask;
    }

    // Bodies are read field by field; these types only describe them.
    private static bool IsRequest(Type type) => type.Name.EndsWith("Body", StringComparison.Ordinal);
}
