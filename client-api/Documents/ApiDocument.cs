using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Payments.ClientApi.Requests;
using Payments.ClientApi.Resources;
using Payments.ClientApi.Security;
using Payments.Gateways.Settlement;

namespace Payments.ClientApi.Documents;

/// <summary>The OpenAPI document: made from the endpoints, with what their signatures cannot say added here.</summary>
internal static class ApiDocument
{
    public const string Name = "v1";
    public const string Path = "/openapi/v1.json";
    public const string Title = "Payments API";

    private const string Key = "secret_key";

    public static void Configure(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.CreateSchemaReferenceId = type => SchemaName(type.Type) ?? OpenApiOptions.CreateDefaultSchemaReferenceId(type);
        options.AddDocumentTransformer((document, _, _) => Describe(document));
        options.AddOperationTransformer(DescribeAsync);
        options.AddSchemaTransformer((schema, context, _) => SchemaNotes.AddTo(schema, context));
    }

    // PaymentResource is Payment to the outside; PaymentBody keeps its name.
    private static string? SchemaName(Type type) => type switch
    {
        { IsGenericType: true } when type.GetGenericTypeDefinition() == typeof(Page<>) => $"{SchemaName(type.GetGenericArguments()[0])}Page",
        _ when type.Name.EndsWith("Resource", StringComparison.Ordinal) => type.Name[..^"Resource".Length],
        _ => null,
    };

    private static Task Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = Title,
            Version = Name,
            Description =
                "Charges and refunds with exactly one effect each. Amounts are whole numbers in minor units. Every POST that moves money takes an Idempotency-Key, "
                + "good for ever: send the same request with the same key as often as needed. Errors are application/problem+json; 'outcome' says what is known "
                + "of the money, 'safe_to_retry' whether to send the same request again.",
        };

        // Wherever the document is read from, that is where the API is.
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Key] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A secret key: sk_test_... or sk_live_... of a merchant, op_... of an operator. Scopes: read, write, ledger, operator.",
            },
        };
        return Task.CompletedTask;
    }

    private static async Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var notes = context.Description.ActionDescriptor.EndpointMetadata;
        if (notes.OfType<RequiredScopes>().FirstOrDefault() is { } scopes)
        {
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(Key, context.Document)] = [] }];
            operation.Description = $"{operation.Description} Needs the scope {scopes}.".TrimStart();
        }

        foreach (var parameter in operation.Parameters ?? [])
        {
            Describe((OpenApiParameter)parameter);
        }

        if (notes.OfType<TakesIdempotencyKey>().Any())
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(IdempotencyKeyHeader());
            foreach (var (_, response) in operation.Responses!.Where(answer => answer.Key is "201" or "202"))
            {
                DescribeHeaders((OpenApiResponse)response, waits: notes.OfType<MovesMoney>().Any());
            }
        }

        if (notes.OfType<MovesMoney>().Any())
        {
            operation.Parameters!.Add(PreferHeader());
        }

        if (notes.OfType<TakesBody>().FirstOrDefault() is { } body)
        {
            var schema = await context.GetOrCreateSchemaAsync(body.Type, parameterDescription: null, cancellationToken);
            schema.AdditionalPropertiesAllowed = false;
            context.Document!.AddComponent(body.Type.Name, schema);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/json"] = new() { Schema = new OpenApiSchemaReference(body.Type.Name, context.Document) },
                },
            };
        }

        if (notes.OfType<TakesCsv>().Any())
        {
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType> { ["text/csv"] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String } } },
            };
        }

        Examples.AddTo(operation, notes.OfType<RequiredScopes>().FirstOrDefault());
    }

    private static void Describe(OpenApiParameter parameter)
    {
        parameter.Schema = parameter.Name switch
        {
            "id" => Text("^pay_[0-9a-hjkmnp-tv-z]{26}$"),
            "refund" => Text("^re_[0-9a-hjkmnp-tv-z]{26}$"),
            "merchant" => Text("^mer_[0-9a-hjkmnp-tv-z]{26}$"),
            "key" => Text("^key_[0-9a-hjkmnp-tv-z]{26}$"),
            "entry" => Text("^je_[0-9a-hjkmnp-tv-z]{26}$"),
            "report" => Text("^rep_[0-9a-hjkmnp-tv-z]{26}$"),
            "capture" => Text("^cap_[0-9a-hjkmnp-tv-z]{26}$"),
            "cancellation" => Text("^can_[0-9a-hjkmnp-tv-z]{26}$"),
            "operation" => Text("^op_[0-9a-hjkmnp-tv-z]{26}$"),
            "payout" => Text("^po_[0-9a-hjkmnp-tv-z]{26}$"),
            "currency" => Text("^[A-Z]{3}$"),
            "break_id" => Text("^brk_[0-9a-hjkmnp-tv-z]{26}$"),
            "state" => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("open"), JsonValue.Create("resolved")] },
            "kind" => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. Enum.GetValues<Domain.BreakKind>().Select(kind => JsonValue.Create(Domain.BreakNames.Name(kind)))] },
            "gateway" => Text("^[a-z0-9-]{1,40}$"),
            "format" => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. SettlementFormat.All.Select(format => JsonValue.Create(format.Name))] },
            "name" => new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = Domain.FieldRules.MaxName },
            "account" => Text("^[!-~]{1,150}$"),
            "wait" => Number(0, 30),
            "limit" => Number(1, ApiLimits.MaxPage),
            "amount" => new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = Domain.Money.MaxOperation.ToString(CultureInfo.InvariantCulture) },
            "created_from" or "created_to" or "from" or "to" or "at" or "sent_before" => new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
            "outcome" => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("unknown"), JsonValue.Create("not_sent")] },
            "status" => new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. Enum.GetValues<Domain.PaymentStatus>().Select(status => JsonValue.Create(Domain.StatusNames.Name(status)))] },
            _ => parameter.Schema,
        };
    }

    private static OpenApiParameter IdempotencyKeyHeader() => new()
    {
        Name = IdempotencyKey.Header,
        In = ParameterLocation.Header,
        Required = true,
        Description = "Names what is meant, for ever: new for every payment or refund, the same for every retry of it. "
            + "1 to 255 printable ASCII characters, no card number.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = Domain.Ids.MaxIdempotencyKey, Pattern = "^[ -~]+$" },
        Example = "order-1001",
    };

    private static OpenApiParameter PreferHeader() => new()
    {
        Name = "Prefer",
        In = ParameterLocation.Header,
        Description = "wait=N: wait at most N seconds (30 at most) for a final state. respond-async: do not wait.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = "wait=10",
    };

    private static void DescribeHeaders(OpenApiResponse response, bool waits)
    {
        response.Headers = new Dictionary<string, IOpenApiHeader>
        {
            ["Location"] = Header("Where it can be looked at."),
            ["Idempotent-Replayed"] = Header("true when the key was used before: this is the resource as it now is."),
        };
        if (waits)
        {
            response.Headers["Preference-Applied"] = Header("What of Prefer was honoured.");
        }
    }

    private static OpenApiHeader Header(string description) => new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static OpenApiSchema Text(string pattern) => new() { Type = JsonSchemaType.String, Pattern = pattern };

    private static OpenApiSchema Number(int least, int most) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = least.ToString(CultureInfo.InvariantCulture),
        Maximum = most.ToString(CultureInfo.InvariantCulture),
    };
}
