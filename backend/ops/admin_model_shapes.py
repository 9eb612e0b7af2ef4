"""Shapes of `/api/admin/models/`. Ranges are those of backend/llm/model_settings.py, which checks again."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ModelSettingsShape(serializers.Serializer[Any]):
    """null: the house's own value."""

    n_ctx = serializers.IntegerField(required=False, allow_null=True, help_text="tokens of one conversation")
    n_slots = serializers.IntegerField(required=False, allow_null=True, help_text="replies at the same time")
    n_parked = serializers.IntegerField(required=False, allow_null=True, help_text="ended conversations kept besides")
    n_batch = serializers.IntegerField(required=False, allow_null=True, help_text="most tokens of one step")
    n_threads = serializers.IntegerField(required=False, allow_null=True, help_text="0: one for each physical core")
    niceness = serializers.IntegerField(
        required=False, allow_null=True, help_text="0 to 19: how far the engine stands back where cores are short"
    )
    n_gpu_layers = serializers.IntegerField(required=False, allow_null=True, help_text="-1: as many as fit")
    flash_attention = serializers.ChoiceField(choices=["auto", "on", "off"], required=False, allow_null=True)
    kv_type = serializers.ChoiceField(choices=["f16", "q8_0", "q4_0"], required=False, allow_null=True)
    chat_template = serializers.CharField(
        required=False, allow_blank=True, max_length=64, help_text="of the registry; blank: the house's, else its own"
    )
    max_queued = serializers.IntegerField(required=False, allow_null=True)
    max_wait_s = serializers.FloatField(required=False, allow_null=True, help_text="0: any")
    target_itl_ms = serializers.IntegerField(required=False, allow_null=True, help_text="gap that prompts keep to")
    context_overflow = serializers.ChoiceField(choices=["stop", "shift"], required=False, allow_null=True)
    n_draft = serializers.IntegerField(required=False, allow_null=True, help_text="most tokens guessed ahead; 0: none")
    max_saved_mib = serializers.IntegerField(
        required=False, allow_null=True, help_text="RAM for conversations; -1: auto"
    )
    max_memory_mib = serializers.IntegerField(required=False, allow_null=True, help_text="0: find out; -1: any")
    draft_model = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="a small model that guesses ahead; its file's name"
    )
    projector = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text="with it the model sees images; its file's name"
    )
    rope_freq_base = serializers.FloatField(required=False, allow_null=True)
    rope_freq_scale = serializers.FloatField(required=False, allow_null=True)
    template_text = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, max_length=65_536, help_text="above chat_template"
    )
    lora = serializers.ListField(
        child=serializers.ListField(), required=False, help_text="pairs of an adapter's file name and its scale"
    )
    sampling = serializers.DictField(child=serializers.FloatField(), required=False)
    keeps_loaded = serializers.BooleanField(required=False)


class MemoryNeedShape(serializers.Serializer[Any]):
    """Bytes."""

    weights = serializers.IntegerField()
    context = serializers.IntegerField()  # type: ignore[assignment]  # a figure here, not what DRF calls so
    compute = serializers.IntegerField()


class AdapterRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    architecture = serializers.CharField(help_text="of the models that it fits")


class ProjectorRow(serializers.Serializer[Any]):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()


class AdminModelRow(serializers.Serializer[Any]):
    id = serializers.CharField()
    engine = serializers.CharField()
    kind = serializers.ChoiceField(choices=["chat", "embedding"])
    state = serializers.ChoiceField(choices=["loaded", "loading", "asleep", "failed", "unusable"])
    problem = serializers.CharField(allow_blank=True)
    is_loaded = serializers.BooleanField()
    is_default = serializers.BooleanField()
    is_default_embedding = serializers.BooleanField()
    is_starter = serializers.BooleanField()
    architecture = serializers.CharField(allow_blank=True)
    quantization = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    n_params = serializers.IntegerField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    n_ctx = serializers.IntegerField()
    n_ctx_train = serializers.IntegerField(allow_null=True)
    has_template = serializers.BooleanField()
    sees_images = serializers.BooleanField(allow_null=True, help_text="null: nobody knows, its engine will say")
    memory = MemoryNeedShape(allow_null=True)
    n_users = serializers.IntegerField(help_text="streams and questions that run on it now")
    idle_s = serializers.FloatField(allow_null=True, help_text="since the last of them; null where it has no engine")
    file_name = serializers.CharField(allow_blank=True)
    can_delete = serializers.BooleanField()
    settings = ModelSettingsShape()


class AdminModelList(serializers.Serializer[Any]):
    models = AdminModelRow(many=True)
    free_bytes = serializers.IntegerField(allow_null=True, help_text="null where no engine is on this machine")
    total_bytes = serializers.IntegerField(help_text="memory of this machine")
    templates = serializers.ListField(child=serializers.CharField(), help_text="names that chat_template takes")
    adapters = AdapterRow(many=True)
    projectors = ProjectorRow(many=True)
    max_loaded = serializers.IntegerField()
    idle_unload_s = serializers.FloatField()


class HouseChanges(serializers.Serializer[Any]):
    max_loaded = serializers.IntegerField(min_value=1, max_value=64, required=False)
    idle_unload_s = serializers.FloatField(min_value=0, max_value=1e9, required=False)


class PreviewAsked(serializers.Serializer[Any]):
    """What is left out is as the model's settings say. `template_text` stands above `chat_template`."""

    chat_template = serializers.CharField(required=False, allow_blank=True, max_length=64)
    template_text = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, max_length=65_536)
    system = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    message = serializers.CharField(max_length=4000)


class PreviewShape(serializers.Serializer[Any]):
    """`problem` says why there is no prompt."""

    prompt = serializers.CharField(allow_blank=True)
    template = serializers.CharField(allow_blank=True, help_text="the one that was used")
    name = serializers.CharField(allow_blank=True, help_text="model | custom | a name of the registry")
    problem = serializers.CharField(allow_blank=True)


class TrialShape(serializers.Serializer[Any]):
    """Rates in tokens per second; null where there was too little to measure."""

    model = serializers.CharField()
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    prefill_per_s = serializers.FloatField(allow_null=True)
    decode_per_s = serializers.FloatField(allow_null=True)
    ttft_ms = serializers.FloatField()
    load_s = serializers.FloatField(allow_null=True, help_text="null where it was loaded")
