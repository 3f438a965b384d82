using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Payments.Tests.Abuse;

/// <summary>
/// Makes requests that must be refused, each from the OpenAPI document: a request as the document wants it, with one thing made wrong by
/// what its schema says. Request number n of a seed is always the same.
/// </summary>
/// <param name="known">Values for the parameters in paths, so that wrong bodies reach what is there.</param>
internal sealed class Fuzzer(JsonNode document, int seed, IReadOnlyDictionary<string, string> known, string merchantKey, string operatorKey, string foreignPayment)
{
    private const string Card = "4242424242424242";
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    private readonly Operation[] operations =
    [
        .. from path in document["paths"]!.AsObject()
           where path.Key.StartsWith("/v1", StringComparison.Ordinal)
           from method in path.Value!.AsObject()
           select new Operation(path.Key, method.Key.ToUpperInvariant(), method.Value!),
    ];

    public BadRequest Make(int number)
    {
        var random = new Random(unchecked((seed * 1_000_003) + number));
        while (true)
        {
            var operation = Pick(random, operations);
            var draft = new Draft(operation, Fill(operation.Path), Headers(operation, random));
            draft.Body = Schema(operation) is { } schema ? Encoding.UTF8.GetBytes(Valid(schema, random).ToJsonString()) : null;
            if (Pick(random, Faults)(this, draft, random) is { } fault)
            {
                return new(number, fault, draft.Method, draft.Path, draft.Body, draft.ContentType, draft.Headers,
                    draft.Method == operation.Method ? operation.Description["responses"] : null);
            }
        }
    }

    // Each makes one thing wrong and says what; null when the operation has no such thing.
    private static readonly Func<Fuzzer, Draft, Random, string?>[] Faults =
    [
        static (fuzzer, draft, random) => fuzzer.WrongField(draft, random),
        static (fuzzer, draft, random) => fuzzer.WrongField(draft, random),
        static (fuzzer, draft, random) => fuzzer.WrongField(draft, random),
        static (_, draft, random) => WrongText(draft, random),
        static (_, draft, random) => WrongParameter(draft, random),
        static (fuzzer, draft, random) => fuzzer.WrongPath(draft, random),
        static (_, draft, random) => WrongIdempotencyKey(draft, random),
        static (_, draft, random) => WrongKey(draft, random),
        static (_, draft, random) => WrongContentType(draft, random),
        static (fuzzer, draft, random) => fuzzer.WrongMethod(draft, random),
    ];

    private string? WrongField(Draft draft, Random random)
    {
        if (Schema(draft.Operation) is not { } schema)
        {
            return null;
        }

        var body = Valid(schema, random).AsObject();
        var properties = schema["properties"]!.AsObject();
        var (name, property) = Pick(random, properties.ToArray());
        var required = schema["required"]?.AsArray().Select(value => (string)value!).ToArray() ?? [];
        string fault;
        if (random.Next(5) == 0)
        {
            body[$"{name}_{random.Next(10)}"] = random.Next(2) == 0 ? "x" : null;
            fault = "an unknown field";
        }
        else if (required.Contains(name) && random.Next(4) == 0)
        {
            body.Remove(name);
            if (random.Next(2) == 0)
            {
                body[name] = null;
            }

            fault = $"{name} is missing";
        }
        else if (WrongValue(Resolve(property!), random) is { } wrong)
        {
            body[name] = wrong;
            fault = $"{name} is {Short(wrong.ToJsonString())}";
        }
        else
        {
            return null;
        }

        draft.Body = Encoding.UTF8.GetBytes(body.ToJsonString());
        return fault;
    }

    // A value that the schema does not allow.
    private JsonNode? WrongValue(JsonNode schema, Random random)
    {
        var types = schema["type"] is JsonArray several ? several.Select(type => (string)type!).ToArray() : [(string)schema["type"]!];
        var type = types.First(one => one != "null");
        var ofOtherType = new (string Type, Func<JsonNode> Value)[]
        {
            ("integer", () => 7), ("string", () => "7"), ("boolean", () => true), ("object", () => new JsonObject()), ("array", () => new JsonArray()),
            ("number", () => JsonNode.Parse("1.5")!), ("number", () => JsonNode.Parse("1e99")!), ("number", () => JsonNode.Parse("-0.0")!),
            ("object", () => new JsonObject { ["a"] = new JsonObject { ["b"] = 1 } }), ("array", () => new JsonArray(1, "x", null)),
        };
        if (random.Next(3) == 0)
        {
            return Pick(random, [.. ofOtherType.Where(other => other.Type != type)]).Value();
        }

        switch (type)
        {
            case "integer":
                var (least, most) = (Bound(schema["minimum"]), Bound(schema["maximum"]));
                return JsonNode.Parse(Pick(random,
                [
                    Text(least - 1), Text(most + 1), Text(least - random.NextInt64(1_000_000)), Text(most + random.NextInt64(1_000_000)), "1e2", "1.0",
                    "99999999999999999999999999", "-99999999999999999999999999", "9223372036854775808", "-9223372036854775809",
                ]))!;
            case "string" when schema["enum"] is not null:
                return Pick(random, ["", "other", "TEST", "automatic ", "\u0000"]);
            case "string":
                var longest = (int?)schema["maxLength"];
                return Pick(random,
                [
                    "", "a\u0000b", "tab\there\u0007", Card, $"card {Card[..4]}-{Card[4..8]}-{Card[8..12]}-{Card[12..]} here",
                    longest is { } end ? new string('x', end + 1 + random.Next(50)) : Card, longest is { } limit ? string.Concat(Enumerable.Repeat("😀", limit + 1)) : Card,
                ]);
            case "object":
                return Pick<Func<JsonNode>>(random,
                [
                    () => new JsonObject(Enumerable.Range(0, 51).Select(i => KeyValuePair.Create($"n{i}", (JsonNode?)"x"))), () => new JsonObject { [""] = "x" },
                    () => new JsonObject { ["a b"] = "x" }, () => new JsonObject { ["a"] = 1 }, () => new JsonObject { ["a"] = "" }, () => new JsonObject { ["a"] = Card },
                    () => new JsonObject { [new string('n', 41)] = "x" }, () => new JsonObject { ["a"] = new string('x', 501) }, () => new JsonObject { ["a"] = null },
                ])();
            case "array":
                return Pick<Func<JsonNode>>(random,
                [
                    () => new JsonArray(), () => new JsonArray("other"), () => new JsonArray(null, null), () => new JsonArray(1, 2), () => new JsonArray("read", "read"),
                    () => new JsonArray(new JsonObject { ["account"] = known["account"], ["amount"] = 1 }, new JsonObject { ["account"] = known["account"], ["amount"] = 1 }),
                    () => new JsonArray([.. Enumerable.Range(0, 101).Select(i => new JsonObject { ["account"] = known["account"], ["amount"] = i - 50 })]),
                ])();
            default:
                return Pick<JsonNode>(random, ["true", 0, 1]);
        }
    }

    // What is no JSON, or not the JSON that is wanted.
    private static string? WrongText(Draft draft, Random random)
    {
        if (draft.Body is not { } good)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(good);
        var inside = text[1..^1];
        var (fault, bytes) = Pick<(string, byte[])>(random,
        [
            ("an empty body", []), ("null", "null"u8.ToArray()), ("a list", "[]"u8.ToArray()), ("a text", "\"x\""u8.ToArray()), ("a number", "1"u8.ToArray()),
            ("half a body", good[..^1]), ("trailing garbage", [.. good, .. "{}"u8]), ("a trailing comma", Encoding.UTF8.GetBytes($"{{{inside},}}")),
            ("a comment", [.. "/* */"u8, .. good]), ("a BOM", [0xEF, 0xBB, 0xBF, .. good]), ("a NUL", [.. good, 0]),
            ("bad UTF-8", [.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8]), ("an overlong encoding", [.. "{\"a\":\""u8, 0xC0, 0xAF, .. "\"}"u8]),
            ("a field twice", Encoding.UTF8.GetBytes($"{{\"twice\":1,\"twice\":1}}")), ("half a character", "{\"reason\":\"\\ud800\"}"u8.ToArray()),
            ("depth", Encoding.UTF8.GetBytes($"{{\"a\":{new string('[', 20)}{new string(']', 20)}}}")),
            ("size", Encoding.UTF8.GetBytes($"{{\"large\":\"{new string('x', 70_000)}\"}}")),
            ("noise", Noise(random)),
        ]);
        draft.Body = bytes;
        return fault;
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        bytes[0] = (byte)'}';
        return bytes;
    }

    private static string? WrongParameter(Draft draft, Random random)
    {
        var parameters = Parameters(draft.Operation, "query").ToArray();
        if (parameters.Length == 0)
        {
            draft.Path += $"?{Pick(random, ["wait=1", "limit=1", "%00", "at=2026-03-01T00:00:00Z"])}";
            return "a parameter where none is taken";
        }

        var parameter = Pick(random, parameters);
        var name = (string)parameter["name"]!;
        var query = (string?)parameter["schema"]?["type"] switch
        {
            _ when random.Next(6) == 0 => $"{name}x=1",
            _ when random.Next(6) == 0 => $"{name}=1&{name}=1",
            "integer" => $"{name}={Pick(random, ["-1", "1e2", "1.5", "x", "", "99999999999999999999", "0x10", "%2B1", "10001000000000000"])}",
            _ when parameter["schema"]?["enum"] is not null => $"{name}={Pick(random, ["", "other", "SUCCEEDED"])}",
            _ when (string?)parameter["schema"]?["format"] == "date-time" => $"{name}={Pick(random, ["", "now", "2026-03-01", "2026-13-01T00:00:00Z", "2026-03-01T00:00:00+01:00", "1969-12-31T23:59:59Z"])}",
            _ when name == "cursor" => $"cursor={Pick(random, ["", "x", "%00", new string('A', 600), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%F0%9F%98%80"])}",
            _ => $"{name}={Pick(random, ["", "%00", new string('x', 300), "a%07b"])}",
        };
        draft.Path += $"?{query}";
        return "a parameter";
    }

    private string? WrongPath(Draft draft, Random random)
    {
        var parameters = Parameters(draft.Operation, "path").ToArray();
        if (parameters.Length == 0)
        {
            return null;
        }

        // Of two, the last one: the first is then there, and its child is not.
        var name = (string)parameters[^1]["name"]!;
        var value = Pick(random,
        [
            "x", "%27%20OR%201=1", $"pay_{new string('0', 26)}", $"pay_{new string('0', 27)}", $"PAY_{new string('0', 26)}", new string('x', 500), "%F0%9F%98%80", "%0A",
            "..%2F..%2Fadmin", foreignPayment, "je_zzzzzzzzzzzzzzzzzzzzzzzzzw", "mer_zzzzzzzzzzzzzzzzzzzzzzzzzw", "key_zzzzzzzzzzzzzzzzzzzzzzzzzw",
            "merchant:mer_00000000000000000000000002:assets:till:EUR", "merchant:mer_00000000000000000000000001:assets:till:XXX", "platform:fees:EUR",
        ]);
        draft.Path = Fill(draft.Operation.Path, name, value);
        return $"{name} is {Short(value)}";
    }

    private static string? WrongIdempotencyKey(Draft draft, Random random)
    {
        var at = draft.Headers.FindIndex(header => header.Name == "Idempotency-Key");
        if (at < 0)
        {
            return null;
        }

        var key = draft.Headers[at];
        draft.Headers.RemoveAt(at);
        var wrong = Pick<string?>(random, [null, "", " ", new string('k', 256), "schlüssel", "a\tb", Card]);
        if (wrong is not null)
        {
            draft.Headers.Add((key.Name, wrong));
        }

        return "the Idempotency-Key";
    }

    private static string? WrongKey(Draft draft, Random random)
    {
        draft.Headers.RemoveAll(header => header.Name == "Authorization");
        var wrong = Pick<string?>(random,
        [
            null, "", "Bearer", "Bearer x", "Basic dXNlcjpwYXNz", $"Bearer sk_test_{new string('0', 52)}", $"Bearer op_{new string('0', 52)}", $"Bearer {new string('x', 3000)}",
        ]);
        if (wrong is not null)
        {
            draft.Headers.Add(("Authorization", wrong));
        }

        return "the API key";
    }

    private static string? WrongContentType(Draft draft, Random random)
    {
        if (draft.Body is null)
        {
            return null;
        }

        draft.ContentType = Pick<string?>(random, [null, "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]);
        return $"the content type {draft.ContentType}";
    }

    private string? WrongMethod(Draft draft, Random random)
    {
        var taken = operations.Where(operation => operation.Path == draft.Operation.Path).Select(operation => operation.Method).ToArray();
        draft.Method = Pick(random, [.. Methods.Except(taken)]);
        if (random.Next(4) == 0)
        {
            draft.Path = draft.Path.Replace("/v1/", $"/v{random.Next(2, 10)}/", StringComparison.Ordinal);
        }

        return "the method or version";
    }

    /// <summary>A value as the schema wants it.</summary>
    private JsonNode Valid(JsonNode schema, Random random)
    {
        schema = Resolve(schema);
        var type = schema["type"] is JsonArray several ? (string)several.First(one => (string?)one != "null")! : (string?)schema["type"];
        if (schema["properties"] is JsonObject properties)
        {
            var required = schema["required"]?.AsArray().Select(value => (string)value!).ToArray() ?? [];
            return new JsonObject(properties.Where(property => required.Contains(property.Key) || random.Next(2) == 0)
                .Select(property => KeyValuePair.Create(property.Key, (JsonNode?)Valid(property.Key, property.Value!, random))));
        }

        return type switch
        {
            "integer" => JsonValue.Create(random.NextInt64(Math.Max(1, Bound(schema["minimum"])), Math.Min(Bound(schema["maximum"]), 10_000) + 1)),
            "boolean" => random.Next(2) == 0,
            "object" => new JsonObject { ["note"] = "fuzz" },
            "string" when schema["enum"] is JsonArray values => Pick(random, [.. values.Where(value => value is not null)])!.DeepClone(),
            _ => "fuzz text",
        };
    }

    // Texts whose meaning no schema tells.
    private JsonNode Valid(string name, JsonNode schema, Random random) => name switch
    {
        "currency" => "EUR",
        "payment_method" => "tok_approve",
        "merchant" => known["merchant"],
        "scopes" => new JsonArray("read"),
        "postings" => new JsonArray(
            new JsonObject { ["account"] = known["account"], ["amount"] = 1 }, new JsonObject { ["account"] = known["account"], ["amount"] = -1 }),
        _ => Valid(schema, random),
    };

    private List<(string Name, string Value)> Headers(Operation operation, Random random)
    {
        var headers = new List<(string, string)>
        {
            ("Authorization", $"Bearer {(IsForOperators(operation.Path) ? operatorKey : merchantKey)}"),
        };
        if (Parameters(operation, "header").Any(parameter => (string?)parameter["name"] == "Idempotency-Key"))
        {
            headers.Add(("Idempotency-Key", $"fuzz {random.NextInt64():x}"));
        }

        return headers;
    }

    private static bool IsForOperators(string path) =>
        path.StartsWith("/v1/admin", StringComparison.Ordinal) || path.StartsWith("/v1/reconciliation", StringComparison.Ordinal) || path.EndsWith("/decisions", StringComparison.Ordinal);

    private string Fill(string path, string? except = null, string? value = null) => string.Join('/', path.Split('/').Select(part =>
        !part.StartsWith('{') ? part : part[1..^1] == except ? value : known[part[1..^1]]));

    private JsonNode? Schema(Operation operation) =>
        operation.Description["requestBody"]?["content"]?["application/json"]?["schema"] is { } schema ? Resolve(schema) : null;

    private JsonNode Resolve(JsonNode schema) =>
        (string?)schema["$ref"] is { } reference ? document["components"]!["schemas"]![reference.Split('/')[^1]]! : schema;

    private static IEnumerable<JsonNode> Parameters(Operation operation, string place) =>
        operation.Description["parameters"]?.AsArray().Where(parameter => (string?)parameter!["in"] == place).Select(parameter => parameter!) ?? [];

    private static long Bound(JsonNode? bound) => (long)decimal.Parse(bound!.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Short(string text) => text.Length > 80 ? $"{text[..80]}..." : text;

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    private sealed record Operation(string Path, string Method, JsonNode Description);

    private sealed record Draft(Operation Operation, string Url, List<(string Name, string Value)> Headers)
    {
        public string Method { get; set; } = Operation.Method;
        public string Path { get; set; } = Url;
        public byte[]? Body { get; set; }
        public string? ContentType { get; set; } = "application/json";
    }
}
