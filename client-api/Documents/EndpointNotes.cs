using Payments.ClientApi.Errors;

namespace Payments.ClientApi.Documents;

/// <summary>On an endpoint: it waits for the outcome as Prefer says.</summary>
internal sealed record MovesMoney;

/// <summary>On an endpoint: it takes an Idempotency-Key.</summary>
internal sealed record TakesIdempotencyKey;

/// <summary>On an endpoint: its handler reads such a body, field by field.</summary>
internal sealed record TakesBody(Type Type);

/// <summary>On an endpoint: its body is a file of CSV, read as it comes.</summary>
internal sealed record TakesCsv;

/// <summary>What the document needs to know of an endpoint beyond its handler's signature.</summary>
internal static class EndpointNotes
{
    public static RouteHandlerBuilder MovesMoney(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new MovesMoney(), new TakesIdempotencyKey());

    public static RouteHandlerBuilder TakesIdempotencyKey(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new TakesIdempotencyKey());

    public static RouteHandlerBuilder TakesBody<T>(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new TakesBody(typeof(T)));

    public static RouteHandlerBuilder TakesCsv(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new TakesCsv());

    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder endpoint, params int[] statuses) =>
        statuses.Aggregate(endpoint, (builder, status) => builder.Produces<T>(status));

    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder endpoint, params int[] statuses) =>
        statuses.Aggregate(endpoint, (builder, status) => builder.Produces<Problem>(status, Problem.ContentType));
}
