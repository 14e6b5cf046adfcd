"""Runs a Python handler in an execution environment. It speaks the Runtime API over file descriptor 3 with blocking
reads, so that no network module needs to be loaded, and loads what a handler may never use (logging, traceback) only
when it is used. Behaviour as documented by aws/aws-lambda-python-runtime-interface-client."""

import json
import os
import sys
import time

RUNTIME_API_FD = 3
STDOUT_FD = 1
READ_BYTES = 64 * 1024
NO_BREAK_SPACE = "\u00a0"
LOG_FRAME = 0xA55A0003
# From 3.12 on AWS answers with the characters themselves, not with escapes.
ENSURE_ASCII = os.environ.get("AWS_EXECUTION_ENV", "") in (
    "AWS_Lambda_python3.8",
    "AWS_Lambda_python3.9",
    "AWS_Lambda_python3.10",
    "AWS_Lambda_python3.11",
)
LOGS_JSON = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
LOG_LEVEL = {"TRACE": "DEBUG"}.get(os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper(), os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper())

request_id = None


# ---- The Runtime API over a pipe ------------------------------------------------------------------------------

unread = b""
answers_awaited = 0


def read_more(count=READ_BYTES):
    try:
        chunk = os.read(RUNTIME_API_FD, count)
    except ConnectionError:
        chunk = b""
    if not chunk:
        # The other end is gone, and with it whoever wanted an answer: nothing may outlive it, not even exit handlers.
        os._exit(0)
    return chunk


def write_all(fd, data):
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(fd, view) :]
        except BlockingIOError:
            time.sleep(0.001)
        except (BrokenPipeError, ConnectionError):
            os._exit(0)


def read_answer():
    global unread
    end = unread.find(b"\r\n\r\n")
    while end < 0:
        unread += read_more()
        end = unread.find(b"\r\n\r\n")
    headers = {}
    for line in unread[:end].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        headers[name.decode("ascii").lower()] = value.strip().decode("utf-8", "replace")
    parts = [unread[end + 4 :]]
    missing = int(headers.get("content-length", 0)) - len(parts[0])
    while missing > 0:
        parts.append(read_more(max(missing, READ_BYTES)))
        missing -= len(parts[-1])
    body = b"".join(parts)
    cut = len(body) + missing
    unread = body[cut:]
    return headers, body[:cut]


def post(resource, body, headers="Content-Type: application/json\r\n"):
    global answers_awaited
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    head = f"POST /2018-06-01/runtime/{resource} HTTP/1.1\r\nHost: runtime\r\n{headers}Content-Length: {len(data)}\r\n\r\n"
    write_all(RUNTIME_API_FD, head.encode("utf-8") + data)
    answers_awaited += 1


def read_awaited_answers():
    global answers_awaited
    while answers_awaited > 0:
        read_answer()
        answers_awaited -= 1


def next_invocation():
    write_all(RUNTIME_API_FD, b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: runtime\r\n\r\n")
    read_awaited_answers()
    return read_answer()


# ---- JSON -------------------------------------------------------------------------------------------------------


class Encoder(json.JSONEncoder):
    def default(self, value):
        # DynamoDB's numbers are Decimals; AWS's runtime answers them as numbers.
        decimal = sys.modules.get("decimal")
        if decimal and isinstance(value, decimal.Decimal):
            if value.is_finite() and value == value.to_integral_value():
                return int(value)
            return float(value)
        return super().default(value)


encode = Encoder(ensure_ascii=ENSURE_ASCII).encode


# ---- The log ------------------------------------------------------------------------------------------------------


def write_log_event(message):
    """One log event, framed as AWS's runtimes frame it for the platform, so that its line breaks don't split it."""
    data = message.encode("utf-8", "backslashreplace")
    microseconds = time.time_ns() // 1000
    frame = LOG_FRAME.to_bytes(4, "big") + len(data).to_bytes(4, "big") + microseconds.to_bytes(8, "big")
    write_all(STDOUT_FD, frame + data)


class LogSink:
    """What AWS's handlers and `context.log` write to."""

    def log(self, message, frame_type=None):
        write_log_event(message)


log_sink = LogSink()


def set_up_logging(logging):
    """Gives the root logger AWS's handler. Its level stays WARNING unless the function's configuration says else."""

    class LambdaLoggerHandler(logging.Handler):
        def __init__(self):
            super().__init__()
            self.log_sink = log_sink

        def emit(self, record):
            write_log_event(self.format(record))

    class LambdaLoggerFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = request_id or ""
            return True

    class JsonFormatter(logging.Formatter):
        def format(self, record):
            return json_log_event(self, record) + "\n"

    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    if LOGS_JSON:
        handler.setFormatter(JsonFormatter(datefmt="%Y-%m-%dT%H:%M:%SZ"))
    else:
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        handler.setFormatter(logging.Formatter(form, "%Y-%m-%dT%H:%M:%S"))
    handler.addFilter(LambdaLoggerFilter())
    root = logging.getLogger()
    if isinstance(logging.getLevelName(LOG_LEVEL), int):
        root.setLevel(LOG_LEVEL)
    root.addHandler(handler)


STANDARD_RECORD = frozenset(
    "name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName created "
    "msecs relativeCreated thread threadName processName process taskName aws_request_id".split()
)


def json_log_event(formatter, record):
    event = {
        "timestamp": formatter.formatTime(record, formatter.datefmt),
        "level": record.levelname,
        "message": record.getMessage(),
        "logger": record.name,
    }
    if record.exc_info:
        import traceback

        kind, value, trace = record.exc_info
        event["stackTrace"] = traceback.format_tb(trace)
        event["errorType"] = kind.__name__ if kind else None
        event["errorMessage"] = str(value)
        event["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
    event["requestId"] = record.aws_request_id
    for name, value in record.__dict__.items():
        if name not in STANDARD_RECORD and name not in event:
            event[name] = value
    return json.dumps({name: value for name, value in event.items() if value is not None}, ensure_ascii=False, default=str)


class LoggingWhenImported:
    """Sets logging up in the moment somebody imports it: nobody can tell, and who never does starts sooner."""

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        from importlib.machinery import PathFinder

        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_set_up(module):
            run(module)
            set_up_logging(module)

        spec.loader.exec_module = run_and_set_up
        return spec


def log_error(error):
    if LOGS_JSON:
        timestamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        write_log_event(encode({"timestamp": timestamp, "log_level": "ERROR", **error}))
        return
    description = "[ERROR]"
    if error["errorType"]:
        description += " " + error["errorType"]
    if error["errorMessage"]:
        description += (": " if error["errorType"] else " ") + error["errorMessage"]
    lines = [description, "Traceback (most recent call last):"]
    for element in error["stackTrace"]:
        for line in element.splitlines() or [""]:
            text = line.lstrip(" ")
            lines.append(NO_BREAK_SPACE * (len(line) - len(text)) + text)
    write_log_event("\n".join(lines))


# ---- Errors -----------------------------------------------------------------------------------------------------


class Fault(Exception):
    """What the runtime itself finds wrong."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.trace = trace


def error_document(message, kind, trace, invocation=None):
    return {
        "errorMessage": message or "",
        "errorType": kind or "",
        "requestId": invocation or "",
        "stackTrace": trace or [],
    }


def document_of(error, invocation=None):
    if isinstance(error, Fault):
        return error_document(error.message, error.kind, error.trace, invocation)
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    while frames and (frames[0].filename == __file__ or frames[0].filename.startswith("<frozen importlib")):
        frames.pop(0)
    return error_document(str(error), type(error).__name__, traceback.format_list(frames), invocation)


def report_init_error(error):
    log_error(error)
    kind = "".join(c if " " <= c <= "~" else "?" for c in error["errorType"])
    post(
        "init/error",
        encode(error),
        f"Content-Type: application/json\r\nLambda-Runtime-Function-Error-Type: {kind}\r\n",
    )
    read_awaited_answers()
    sys.exit(1)


# ---- Finding the handler ------------------------------------------------------------------------------------------


def load_handler(handler):
    from importlib import import_module

    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        reason = "not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{handler}': {reason}")
    if module_name.split(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", message)
    try:
        module = import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from None
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, trace) from None
    try:
        return getattr(module, function_name)
    except AttributeError:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", message) from None


# ---- Invocations ----------------------------------------------------------------------------------------------------


def record(name, *fields):
    """A class of plain records, as AWS's context is made of."""

    def set_fields(self, values=None):
        for field in fields:
            setattr(self, field, (values or {}).get(field))

    def shown(self):
        return f"{name}([{','.join(f'{field}={getattr(self, field)}' for field in fields)}])"

    return type(name, (), {"__slots__": fields, "__init__": set_fields, "__repr__": shown})


CognitoIdentity = record("CognitoIdentity", "cognito_identity_id", "cognito_identity_pool_id")
ClientContext = record("ClientContext", "custom", "env", "client")
Client = record("Client", "installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class LambdaContext:
    def __init__(self, headers):
        environment = os.environ.get
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        self.log_group_name = environment("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environment("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environment("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environment("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        self.client_context = client_context_of(headers.get("lambda-runtime-client-context"))
        self.identity = CognitoIdentity()
        self._epoch_deadline_time_in_ms = int(headers.get("lambda-runtime-deadline-ms", 0))

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def log(self, message):
        write_log_event(str(message))

    def __repr__(self):
        members = (
            "aws_request_id log_group_name log_stream_name function_name memory_limit_in_mb function_version "
            "invoked_function_arn client_context identity tenant_id"
        ).split()
        return f"LambdaContext([{','.join(f'{name}={getattr(self, name)}' for name in members)}])"


def client_context_of(text):
    if not text:
        return None
    try:
        values = json.loads(text)
    except Exception as error:
        message = f"Unable to parse Client Context JSON: {error}"
        raise Fault("Runtime.LambdaContextUnmarshalError", message) from None
    context = ClientContext(values)
    if context.client is not None:
        context.client = Client(context.client)
    return context


def unmarshalled(body):
    try:
        return json.loads(body)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def marshalled(response):
    if isinstance(response, bytes):
        return response, "Content-Type: application/unknown\r\n"
    try:
        return encode(response), "Content-Type: application/json\r\n"
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


def handle(handler, headers, body):
    try:
        context = LambdaContext(headers)
        response, content_type = marshalled(handler(unmarshalled(body), context))
    except Exception as error:
        document = document_of(error, request_id)
        log_error(document)
        post(f"invocation/{request_id}/error", encode(document))
    else:
        post(f"invocation/{request_id}/response", response, content_type)


def main():
    global request_id
    os.set_inheritable(RUNTIME_API_FD, False)
    # The folder of this file, which an interpreter puts first, is none of the function's.
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    if "logging" in sys.modules:
        set_up_logging(sys.modules["logging"])
    else:
        sys.meta_path.insert(0, LoggingWhenImported())
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        report_init_error(document_of(error))
    while True:
        headers, body = next_invocation()
        request_id = headers.get("lambda-runtime-aws-request-id")
        trace_header = headers.get("lambda-runtime-trace-id")
        if trace_header:
            os.environ["_X_AMZN_TRACE_ID"] = trace_header
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        handle(handler, headers, body)


main()
