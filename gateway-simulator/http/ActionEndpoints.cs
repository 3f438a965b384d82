using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>What a customer's browser sees: the bank asks whether it shall pay, and sends it back.</summary>
internal static class ActionEndpoints
{
    private const string Page = """
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Your bank (simulated)</title>
        <style>body{font:1.1rem system-ui;max-width:26rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.6rem 1.4rem;margin-right:.6rem}</style>
        <h1>Your bank asks</h1><p>A shop wants to be paid. Is that you?</p>
        <form method="post"><button name="decision" value="approve">Yes, pay</button><button name="decision" value="decline">No</button></form></html>
        """;

    private const string Done = """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Your bank (simulated)</title><p>Thank you. You may close this page.</p></html>
        """;

    public static void MapActions(this WebApplication app, Processor processor)
    {
        app.MapGet("/actions/{id}", context => WriteAsync(context, Page));
        app.MapPost("/actions/{id}", context => ActAsync(context, processor));
    }

    private static async Task ActAsync(HttpContext context, Processor processor)
    {
        var decision = context.Request.HasFormContentType ? (await context.Request.ReadFormAsync(context.RequestAborted))["decision"].ToString() : "";
        if (decision is not ("approve" or "decline"))
        {
            await context.RefuseAsync(new Refusal("invalid_field", "decision", "decision must be approve or decline, as a form's field."));
            return;
        }

        var (isWanted, returnUrl) = await processor.ActAsync((string)context.Request.RouteValues["id"]!, decision == "approve");
        if (!isWanted)
        {
            await context.RefuseAsync(new Refusal("not_found", null, "Nothing is wanted of the customer."), StatusCodes.Status404NotFound);
        }
        else if (returnUrl is not null)
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = returnUrl;
        }
        else
        {
            await WriteAsync(context, Done);
        }
    }

    private static Task WriteAsync(HttpContext context, string page)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync(page);
    }
}
