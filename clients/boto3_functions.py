"""Functions in Python for the suite's Python files, made by boto3."""

import io
import sys
import zipfile

from boto3_tests import client

ROLE = "arn:aws:iam::000000000000:role/tour"
# The interpreter that has boto3 is this one.
RUNTIME = "python%d.%d" % sys.version_info[:2]


def archive(code):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("app.py", code)
    return file.getvalue()


def create(name, code, **settings):
    """Makes a function whose `handler` is called; its ARN as soon as it is active."""
    function = client("lambda")
    arn = function.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": archive(code)},
        **settings,
    )["FunctionArn"]
    function.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return arn
